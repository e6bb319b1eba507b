"""Areas and their assignments."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, and the indexes that lists, races and the timer read by."""
    op.create_table(
        "area",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("polygon", sa.JSON, nullable=False),
        sa.Column("west", sa.Double, nullable=False),
        sa.Column("south", sa.Double, nullable=False),
        sa.Column("east", sa.Double, nullable=False),
        sa.Column("north", sa.Double, nullable=False),
        sa.Column("households", sa.Integer, nullable=False),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_index("area_by_age", "area", ["created_at", "id"])
    op.create_index("area_by_unit", "area", ["unit", "created_at", "id"])
    _assignments()


def _assignments() -> None:
    op.create_table(
        "area_assignment",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("area_id", sa.Uuid, sa.ForeignKey("area.id"), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("assignee", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("assigned_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("remind_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("end_reason", sa.String(10)),
        sa.Column("release_reason", sa.String(20)),
    )
    op.create_index("area_assignment_by_area", "area_assignment", ["area_id", "assigned_at"])
    op.create_index("area_assignment_by_assignee", "area_assignment", ["assignee"])
    is_open = sa.text("ended_at IS NULL")
    where: dict[str, Any] = {"postgresql_where": is_open, "sqlite_where": is_open}
    # Whatever else goes wrong, nobody has an area that somebody else has.
    op.create_index("area_assignment_open", "area_assignment", ["area_id"], unique=True, **where)
    op.create_index("area_assignment_by_end", "area_assignment", ["until"], **where)
    op.create_index("area_assignment_by_reminder", "area_assignment", ["remind_at"], **where)
