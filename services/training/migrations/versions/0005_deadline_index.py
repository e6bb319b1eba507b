"""What is still owed, in the order of its last day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the index that the run over deadlines reads by."""
    waiting = sa.text("status = 'open'")
    op.create_index(
        "obligation_by_deadline",
        "obligation",
        ["due_order", "id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
