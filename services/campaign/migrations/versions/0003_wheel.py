"""Templates and what units thought of them, wheels with their entries, keys to calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables and the indexes by which they are read."""
    _templates()
    _wheels()
    _adaptations()
    op.create_table(
        "calendar_key",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_index("calendar_key_by_digest", "calendar_key", ["digest"], unique=True)
    op.create_index("calendar_key_by_time", "calendar_key", ["made_at", "id"])
    op.create_index("calendar_key_by_unit", "calendar_key", ["unit", "made_at", "id"])
    # What a calendar shows of a unit, from a day on.
    op.create_index("activity_by_start", "activity", ["unit", "starts_at", "id"])


def _templates() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("shared_at", INSTANT),
    )
    op.create_index("template_by_time", "template", ["created_at", "id"])
    op.create_index("template_by_unit", "template", ["unit", "created_at", "id"])
    op.create_index("template_by_kind", "template", ["kind", "created_at", "id"])
    op.create_table(
        "template_version",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("template_id", sa.Uuid, sa.ForeignKey("template.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("material", sa.Text),
        sa.Column("links", sa.JSON, nullable=False),
        sa.Column("has_material", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index(
        "template_version_by_number", "template_version", ["template_id", "version"], unique=True
    )
    op.create_table(
        "template_review",
        sa.Column("template_id", sa.Uuid, sa.ForeignKey("template.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("text", sa.String(2000)),
        sa.Column("tried_on", sa.Date, nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=False),
    )


def _wheels() -> None:
    op.create_table(
        "wheel",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("phases", sa.JSON, nullable=False),
        sa.Column("conference_id", sa.Uuid),
        sa.Column("previous_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT),
    )
    op.create_index("wheel_by_day", "wheel", ["starts_on", "id"])
    op.create_index("wheel_by_unit", "wheel", ["unit", "starts_on", "id"])
    op.create_table(
        "wheel_entry",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("wheel_id", sa.Uuid, sa.ForeignKey("wheel.id"), nullable=False),
        sa.Column("template_id", sa.Uuid, sa.ForeignKey("template.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("phase", sa.String(80)),
        sa.Column("from_on", sa.Date, nullable=False),
        sa.Column("to_on", sa.Date, nullable=False),
        sa.Column("units", sa.JSON, nullable=False),
        sa.Column("unit_kind", sa.String(20)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT),
    )
    op.create_index("wheel_entry_by_window", "wheel_entry", ["wheel_id", "from_on", "id"])


def _adaptations() -> None:
    op.create_table(
        "wheel_adaptation",
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("wheel_entry.id"), primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("title", sa.String(200)),
        sa.Column("material", sa.Text),
        sa.Column("links", sa.JSON),
        sa.Column("from_on", sa.Date),
        sa.Column("to_on", sa.Date),
        sa.Column("dropped", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
    )
