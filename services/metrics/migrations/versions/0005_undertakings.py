"""Assignments, commitments and leaders' education as they were last heard of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "counted_assignment",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("started_on", sa.Date),
        sa.Column("ended_on", sa.Date),
    )
    op.create_index("ix_counted_assignment_unit_role", "counted_assignment", ["unit", "role"])
    op.create_index("ix_counted_assignment_member_id", "counted_assignment", ["member_id"])
    op.create_table(
        "counted_commitment",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("fulfilled_on", sa.Date, primary_key=True),
    )
    op.create_table(
        "counted_double",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("into_id", sa.Uuid, nullable=False),
    )
    op.create_table(
        "counted_offer",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("offered_on", sa.Date),
    )
    op.create_index("ix_counted_offer_member_id", "counted_offer", ["member_id"])
