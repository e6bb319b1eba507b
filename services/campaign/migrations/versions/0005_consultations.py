"""Consultations, policy inputs, what conversations are about, and the yearly conference."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)

# The conversations that there are already; a topic that a report has twice counts once.
SUMS = """
    INSERT INTO topic_month (unit, month, topic, conversations)
    SELECT unit, month, topic, sum(count) FROM (
        SELECT DISTINCT c.id, c.unit, {month} AS month, t.{topic} AS topic, c.count
        FROM conversation c, {topics}(c.topics) AS t
        WHERE c.voided_at IS NULL
    ) AS each_once
    GROUP BY unit, month, topic
"""
SQLITE = {"month": "date(c.held_on, 'start of month')", "topic": "value", "topics": "json_each"}
POSTGRESQL = {
    "month": "CAST(date_trunc('month', c.held_on) AS date)",
    "topic": "value",
    "topics": "json_array_elements_text",
}


def upgrade() -> None:
    """Create the tables and the indexes that their lists and rules read by."""
    create_consultations()
    create_policy_inputs()
    create_conference()
    op.create_table(
        "topic_month",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("topic", sa.String(50), primary_key=True),
        sa.Column("conversations", sa.BigInteger, nullable=False),
    )
    op.create_index("topic_month_by_month", "topic_month", ["month", "topic"])
    count_topics()


def count_topics() -> None:
    """Add up what there is already."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(SUMS.format(**(POSTGRESQL if is_postgresql else SQLITE)))


def create_consultations() -> None:
    """Questions, whom they ask, and what was answered; a member answers each once."""
    op.create_table(
        "consultation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("question", sa.String(500), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("units", sa.JSON, nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT),
        sa.Column("closed_at", INSTANT),
    )
    op.create_index("consultation_by_time", "consultation", ["opens_at", "id"])
    op.create_index("consultation_to_open", "consultation", ["opened_at", "opens_at"])
    op.create_index("consultation_to_close", "consultation", ["closed_at", "closes_at"])
    of_it = sa.ForeignKey("consultation.id")
    op.create_table(
        "consultation_unit",
        sa.Column("consultation_id", sa.Uuid, of_it, primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
    )
    op.create_table(
        "consultation_answer",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("consultation_id", sa.Uuid, sa.ForeignKey("consultation.id"), nullable=False),
        sa.Column("member_id", sa.Uuid),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("option", sa.Integer, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
    )
    by_member = ["member_id", "consultation_id"]
    op.create_index("answer_by_member", "consultation_answer", by_member, unique=True)
    counted = ["consultation_id", "unit", "option"]
    op.create_index("answer_by_unit", "consultation_answer", counted)


def create_policy_inputs() -> None:
    """What was heard, on its way into policy."""
    op.create_table(
        "policy_input",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(50), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("taken_up_at", INSTANT),
        sa.Column("answer", sa.Text),
        sa.Column("answered_on", sa.Date),
    )
    op.create_index("policy_input_by_time", "policy_input", ["received_at", "id"])
    op.create_index("policy_input_by_unit", "policy_input", ["unit", "received_at", "id"])
    op.create_index("policy_input_by_topic", "policy_input", ["topic", "received_at", "id"])


def create_conference() -> None:
    """The conference of a year, and who was there."""
    op.create_table(
        "conference_year",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
    )
    op.create_index("conference_year_by_activity", "conference_year", ["activity_id"], unique=True)
    op.create_table(
        "conference_attendance",
        sa.Column("activity_id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
    )
