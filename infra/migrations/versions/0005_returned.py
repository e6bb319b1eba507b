"""The events that no queue took."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "returned",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
    )
