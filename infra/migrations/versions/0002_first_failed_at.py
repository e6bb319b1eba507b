"""When a dead letter first failed: what they are listed by, since it never changes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; of the letters that are there the last failure is all that is known."""
    column = sa.Column("first_failed_at", sa.DateTime(timezone=True))
    op.add_column("dead_letter", column)
    op.execute("UPDATE dead_letter SET first_failed_at = failed_at")
    with op.batch_alter_table("dead_letter") as table:
        table.alter_column("first_failed_at", nullable=False)
