"""The access log, which the database itself lets nobody change, and who was merged into whom."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SAID = "the access log is only added to"
REFUSAL = f"""
CREATE FUNCTION access_log_is_kept() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '{SAID}'; END $$
"""
REFUSING = """
CREATE TRIGGER access_log_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
FOR EACH STATEMENT EXECUTE FUNCTION access_log_is_kept()
"""
ON_POSTGRESQL = (REFUSAL, REFUSING)
ON_SQLITE = tuple(
    f"CREATE TRIGGER access_log_is_kept_from_{verb} BEFORE {verb} ON access_log "
    f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    for verb in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    """Create the table, its triggers and the indexes."""
    op.create_table(
        "access_log",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
    )
    op.create_index("access_log_by_member", "access_log", ["member_id", "id"])
    op.create_index("member_by_merge", "member", ["merged_into"])
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in ON_POSTGRESQL if is_postgresql else ON_SQLITE:
        op.execute(statement)
