"""Where units have stood; of those that were changed before this, from their last change on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table, with the version that each unit is of."""
    op.create_table(
        "unit_version",
        sa.Column("unit", sa.String(64), sa.ForeignKey("unit.code"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("parent", sa.String(64)),
        sa.Column("valid_from", sa.Date, nullable=False),
    )
    op.execute(
        "INSERT INTO unit_version (unit, version, parent, valid_from) "
        "SELECT code, version, parent, valid_from FROM unit"
    )
