"""Members and their transfers; the units are the plumbing's table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables and the indexes that their lists and rules read by."""
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("joined_unit", sa.String(64), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("joined_on", sa.Date, nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("recruited_by", sa.String(64)),
        sa.Column("prospect_id", sa.Uuid),
        sa.Column("moved_on", sa.Date),
        sa.Column("left_on", sa.Date),
        sa.Column("leave_reason", sa.String(20)),
        sa.Column("interests", sa.JSON, nullable=False),
        sa.Column("competences", sa.JSON, nullable=False),
        sa.Column("personal", sa.LargeBinary, nullable=False),
    )
    op.create_index("member_by_day", "member", ["joined_on", "id"])
    op.create_index("member_by_unit", "member", ["unit", "status"])
    op.create_table(
        "transfer",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("from_unit", sa.String(64), nullable=False),
        sa.Column("to_unit", sa.String(64), nullable=False),
        sa.Column("on", sa.Date, nullable=False),
    )
    op.create_index("transfer_once", "transfer", ["member_id", "to_unit", "on"], unique=True)
