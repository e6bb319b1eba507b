"""What a member's states need, and the key of the blind indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and create the tables."""
    op.add_column("member", sa.Column("digest", sa.LargeBinary))
    op.add_column("member", sa.Column("paid_until", sa.Date))
    op.add_column("member", sa.Column("previous_left_on", sa.Date))
    op.add_column("member", sa.Column("merged_into", sa.Uuid))
    op.create_table(
        "past_membership",
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("joined_on", sa.Date, nullable=False),
        sa.Column("left_unit", sa.String(64), nullable=False),
        sa.Column("left_on", sa.Date, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
    )
    op.create_table(
        "blind_key",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
