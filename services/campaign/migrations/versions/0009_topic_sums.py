"""Sums of topics that follow the feed from its beginning; those kept with each report go."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables; all is counted anew."""
    op.create_table(
        "topic_sum",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("topic", sa.String(50), primary_key=True),
        sa.Column("conversations", sa.BigInteger, nullable=False),
    )
    count = op.create_table(
        "topic_count",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(count, [{"id": 1, "position": 0}])
    op.drop_table("topic_month")
