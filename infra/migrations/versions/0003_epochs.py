"""From which position on each epoch of the feed gave the positions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table, with the epoch that is there."""
    op.create_table(
        "feed_epoch",
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.String(36), nullable=False),
    )
    op.execute("INSERT INTO feed_epoch (since, epoch) SELECT 1, epoch FROM feed_head")
