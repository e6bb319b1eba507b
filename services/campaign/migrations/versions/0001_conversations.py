"""Conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table and the indexes that its lists read by."""
    op.create_table(
        "conversation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("arena", sa.String(20), nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("logged_by", sa.String(64)),
        sa.Column("workplace", sa.String(200)),
        sa.Column("logged_at", INSTANT, nullable=False),
        sa.Column("voided_at", INSTANT),
        sa.Column("void_reason", sa.String(20)),
    )
    op.create_index("conversation_by_day", "conversation", ["held_on", "id"])
    op.create_index("conversation_by_unit", "conversation", ["unit", "held_on", "id"])
