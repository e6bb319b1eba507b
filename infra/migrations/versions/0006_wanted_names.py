"""Which events were wanted of a feed when it was read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; who read before it was there reads once more."""
    op.add_column("cursor", sa.Column("names", sa.Text, nullable=False, server_default=""))
