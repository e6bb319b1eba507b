"""Obligations, offers, courses and completions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
DUE_ORDER = sa.Computed("coalesce(due_on, '9999-12-31')", persisted=True)


def upgrade() -> None:
    """Create the tables and the indexes that lists and the overdue run read by."""
    create_obligations()
    create_courses()


def create_obligations() -> None:
    """What members are to be offered, and what they were offered."""
    op.create_table("trainee", sa.Column("member_id", sa.Uuid, primary_key=True))
    op.create_table(
        "leave_seen",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("left_on", sa.Date, primary_key=True),
    )
    op.create_table(
        "obligation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("previous_left_on", sa.Date),
        sa.Column("due_on", sa.Date),
        sa.Column("offered_on", sa.Date),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("due_order", sa.Date, DUE_ORDER, nullable=False),
    )
    op.create_index("obligation_by_member", "obligation", ["member_id"])
    op.create_index("obligation_by_due", "obligation", ["due_order", "id"])
    op.create_index("obligation_by_status", "obligation", ["status", "due_order", "id"])
    op.create_index("obligation_by_unit", "obligation", ["unit", "status", "due_order", "id"])
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("obligation_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("offered_on", sa.Date, nullable=False),
        sa.Column("via", sa.String(64)),
        sa.Column("recorded_at", INSTANT, nullable=False),
    )
    op.create_index("offer_by_obligation", "offer", ["obligation_id"])


def create_courses() -> None:
    """Courses, their sessions, and who completed them."""
    op.create_table(
        "course",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
    )
    op.create_table(
        "course_session",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
    )
    op.create_table(
        "completion",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("completed_on", sa.Date, nullable=False),
        sa.UniqueConstraint("member_id", "course_id"),
    )
