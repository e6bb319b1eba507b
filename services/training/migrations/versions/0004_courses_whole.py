"""Courses that require others; sessions with hours, places and a line; enrolments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create what courses and sessions have more, and who is enrolled."""
    op.add_column("course", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.create_index("course_by_unit", "course", ["unit", "id"])
    op.create_index("course_by_kind", "course", ["kind", "id"])
    op.create_table(
        "course_requirement",
        sa.Column("course_id", sa.Uuid, sa.ForeignKey("course.id"), primary_key=True),
        sa.Column("required_id", sa.Uuid, sa.ForeignKey("course.id"), primary_key=True),
    )
    extend_sessions()
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("course_session.id"), nullable=False),
        sa.Column("member_id", sa.Uuid),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("grade", sa.Integer),
        sa.UniqueConstraint("session_id", "member_id"),
    )
    op.create_index("enrolment_by_number", "enrolment", ["session_id", "number", "id"])
    op.create_index("enrolment_by_state", "enrolment", ["session_id", "state", "number"])
    op.create_index("enrolment_by_member", "enrolment", ["member_id"])
    op.create_index("completion_by_session", "completion", ["session_id"])


def extend_sessions() -> None:
    """What sessions have more; those that are there are planned, for a day."""
    for column in (
        sa.Column("starts_at", INSTANT),
        sa.Column("ends_at", INSTANT),
        sa.Column("place", sa.String(64)),
        sa.Column("link", sa.String(500)),
        sa.Column("capacity", sa.Integer),
        sa.Column("status", sa.String(20), nullable=False, server_default="planned"),
        sa.Column("cancel_reason", sa.String(20)),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("grades", sa.Integer, nullable=False, server_default="0"),
        sa.Column("grade_sum", sa.Integer, nullable=False, server_default="0"),
    ):
        op.add_column("course_session", column)
    op.create_index("course_session_by_day", "course_session", ["starts_on", "id"])
    op.create_index("course_session_by_unit", "course_session", ["unit", "starts_on", "id"])
    op.create_index("course_session_by_course", "course_session", ["course_id", "starts_on", "id"])
