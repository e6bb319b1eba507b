"""Who carries what and who would: assignments, mentorships, tasks of units, willingness."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables and the indexes that their lists and rules read by."""
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("title", sa.String(80)),
        sa.Column("sphere", sa.String(10)),
        sa.Column("area", sa.String(80)),
        sa.Column("question", sa.String(80)),
        sa.Column("task_id", sa.Uuid),
        sa.Column("post", sa.String(255)),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("mandate_until", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("days_since_joined", sa.Integer, nullable=False),
    )
    op.create_index("assignment_by_member", "assignment", ["member_id"])
    op.create_index("assignment_by_day", "assignment", ["started_on", "id"])
    op.create_index("assignment_by_unit", "assignment", ["unit", "role", "ended_on"])
    op.create_index("assignment_by_task", "assignment", ["task_id"])
    op.create_index("assignment_by_mandate", "assignment", ["mandate_until", "id"])
    # Of two who ask for a post at the same instant, one gets it.
    is_open = sa.text("ended_on IS NULL")
    op.create_index(
        "assignment_of_post",
        "assignment",
        ["unit", "post"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "mentorship",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("mentor_id", sa.Uuid, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("mentee_id", sa.Uuid, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
    )
    op.create_index("mentorship_by_day", "mentorship", ["started_on", "id"])
    op.create_index("mentorship_by_mentor", "mentorship", ["mentor_id"])
    op.create_index("mentorship_by_mentee", "mentorship", ["mentee_id"])
    op.create_index(
        "mentorship_of_mentee",
        "mentorship",
        ["mentee_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "local_task",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("interests", sa.JSON, nullable=False),
    )
    op.create_index("local_task_by_unit", "local_task", ["unit"])
    op.create_table(
        "willingness",
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.id"), primary_key=True),
        sa.Column("tasks", sa.Boolean, nullable=False),
        sa.Column("posts", sa.Boolean, nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
    )
    # Of members of whom nothing else may be known yet.
    op.create_table(
        "journey",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("next_due_on", sa.Date),
        sa.Column("introduction_completed_on", sa.Date),
        sa.Column("education_completed_on", sa.Date),
        sa.Column("first_activity_on", sa.Date),
    )
    op.create_index("journey_by_due", "journey", ["next_due_on"])
    op.create_table(
        "journey_owed",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("obligation_id", sa.Uuid, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("offered_on", sa.Date),
    )
