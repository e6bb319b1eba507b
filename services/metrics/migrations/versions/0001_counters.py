"""Counters, placements, counted obligations, targets, baselines."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "day_counter",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("measure", sa.String(60), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("own", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "year_counter",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("measure", sa.String(60), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "placement",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("valid_from", sa.Date, nullable=False),
    )
    op.create_table(
        "counted_obligation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("on_time", sa.Boolean, nullable=False),
    )
    op.create_table(
        "target",
        sa.Column("goal", sa.String(60), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("local", sa.Boolean, primary_key=True),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
    )
    op.create_table(
        "baseline",
        sa.Column("goal", sa.String(60), primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
    )
