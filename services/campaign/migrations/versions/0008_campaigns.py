"""Campaigns with their goals and sums, workplaces, and how many volunteers there were by week."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, and the indexes by which they and the conversations are read."""
    _campaigns()
    _workplaces()
    _volunteers()
    in_campaign = sa.text("campaign_id IS NOT NULL AND voided_at IS NULL")
    op.create_index(
        "conversation_by_campaign",
        "conversation",
        ["campaign_id", "unit", "held_on"],
        postgresql_where=in_campaign,
        sqlite_where=in_campaign,
    )
    at_workplace = sa.text("workplace IS NOT NULL AND voided_at IS NULL")
    for name, columns in (
        ("conversation_at_workplace", ["unit", "held_on", "workplace", "count"]),
        ("conversation_of_campaign_at_workplace", ["campaign_id", "unit", "workplace"]),
    ):
        op.create_index(
            name,
            "conversation",
            # SQLite reads the index alone only if it has the columns of its condition as well.
            [*columns, "voided_at"],
            postgresql_where=at_workplace,
            sqlite_where=at_workplace,
        )


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("ended_on", sa.Date),
    )
    op.create_index("campaign_by_start", "campaign", ["starts_on", "id"])
    op.create_index("campaign_by_unit", "campaign", ["unit", "starts_on", "id"])
    op.create_table(
        "campaign_goal",
        sa.Column("campaign_id", sa.Uuid, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("target", sa.Integer, nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
    )
    op.create_table(
        "participation",
        sa.Column("campaign_id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("volunteer", sa.String(64), primary_key=True),
        sa.Column("conversations", sa.Integer, nullable=False),
    )
    op.create_index("participation_by_volunteer", "participation", ["volunteer"])
    # Reports could name a campaign before there were any.
    op.execute(
        "INSERT INTO participation (campaign_id, unit, volunteer, conversations)"
        " SELECT campaign_id, unit, coalesce(logged_by, ''), sum(count) FROM conversation"
        " WHERE campaign_id IS NOT NULL AND voided_at IS NULL"
        " GROUP BY campaign_id, unit, coalesce(logged_by, '')"
    )


def _workplaces() -> None:
    op.create_table(
        "workplace",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_index("workplace_by_unit", "workplace", ["unit", "name"])


def _volunteers() -> None:
    op.create_table(
        "volunteer_count",
        sa.Column("week", sa.Date, primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("volunteers", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "late_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("week", sa.Date, nullable=False),
    )
    op.create_index("late_report_by_week", "late_report", ["week"])
    week = op.create_table(
        "volunteer_week",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("next", sa.Date),
    )
    op.bulk_insert(week, [{"id": 1}])
