"""Households, visits, tallies and the rounds of areas."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)
OUTCOMES = ("no_answer", "declined", "return_later", "conversation")


def upgrade() -> None:
    """Create the tables, and the indexes by which doors and visits are found."""
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("area_id", sa.Uuid, sa.ForeignKey("area.id"), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("visited_at", INSTANT),
    )
    op.create_index("household_in_order", "household", ["area_id", "ordinal"], unique=True)
    op.create_index("household_by_round", "household", ["area_id", "round", "ordinal"])
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("household_id", sa.Uuid, sa.ForeignKey("household.id"), nullable=False),
        sa.Column("assignment_id", sa.Uuid, sa.ForeignKey("area_assignment.id"), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("visited_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("logged_at", INSTANT, nullable=False),
    )
    op.create_index("visit_by_household", "visit", ["household_id"])
    _sums()


def _sums() -> None:
    op.create_table(
        "tally",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("area_id", sa.Uuid, sa.ForeignKey("area.id"), nullable=False),
        sa.Column("assignment_id", sa.Uuid, sa.ForeignKey("area_assignment.id"), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in OUTCOMES),
        sa.Column("logged_at", INSTANT, nullable=False),
    )
    op.create_table(
        "area_round",
        sa.Column("area_id", sa.Uuid, sa.ForeignKey("area.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("doors", sa.Integer, nullable=False),
        sa.Column("reached", sa.Integer, nullable=False),
        sa.Column("conversations", sa.Integer, nullable=False),
    )
