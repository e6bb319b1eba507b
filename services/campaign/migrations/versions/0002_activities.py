"""Activities, their kinds, who signed up and who came, and ids that are nobody's any more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
KINDS = {
    "theme_meeting": "Öppet temamöte",
    "campaign_week": "Kampanjvecka",
    "campaign_day": "Kampanjdag",
    "door_knocking": "Dörrknackning",
    "argument_training": "Argumentationsträning",
    "social": "Social aktivitet",
    "language_evening": "Språkkväll",
    "maths_help": "Mattehjälp",
    "dance_evening": "Danskväll",
    "seminar": "Seminarium",
    "lecture": "Föreläsning",
    "study_circle": "Studiecirkel",
    "international_exchange": "Internationellt utbyte",
    "union_meeting": "Fackligt möte",
    "workplace_meeting": "Arbetsplatsmöte",
    "petition": "Namninsamling",
    "decision_meeting": "Beslutsmöte",
    "conference": "Verksamhetskonferens",
}


def upgrade() -> None:
    """Create the tables and the indexes that their lists and rules read by."""
    kinds = op.create_table(
        "activity_kind",
        sa.Column("word", sa.String(40), primary_key=True),
        sa.Column("label", sa.String(100), nullable=False),
    )
    op.bulk_insert(kinds, [{"word": word, "label": label} for word, label in KINDS.items()])
    create_activities()
    create_people()


def create_activities() -> None:
    """What the units do."""
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("link", sa.String(500)),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("closed_reason", sa.String(200)),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("first_starts_at", INSTANT, nullable=False),
        sa.Column("first_ends_at", INSTANT, nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("limit", sa.Integer),
        sa.Column("entry_id", sa.Uuid),
        sa.Column("leader_group", sa.String(20)),
        sa.Column("partners", sa.JSON, nullable=False),
        sa.Column("other_partners", sa.JSON, nullable=False),
        sa.Column("areas", sa.JSON, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("cancel_reason", sa.String(20)),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("guests", sa.Integer, nullable=False),
        sa.Column("grade", sa.Integer),
        sa.Column("worked", sa.String(1000)),
        sa.Column("improve", sa.String(1000)),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("activity_by_day", "activity", ["held_on", "id"])
    op.create_index("activity_by_unit", "activity", ["unit", "held_on", "id"])
    op.create_index("activity_by_kind", "activity", ["kind", "held_on", "id"])
    op.create_index("activity_by_entry", "activity", ["entry_id"])


def create_people() -> None:
    """Who means to come, who came, and who is known by another id or by none."""
    op.create_table(
        "signup",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("activity_id", sa.Uuid, sa.ForeignKey("activity.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("member_id", sa.Uuid),
        sa.Column("prospect_id", sa.Uuid),
        sa.Column("remote", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
    )
    op.create_index("signup_by_number", "signup", ["activity_id", "number", "id"])
    op.create_index("signup_by_member", "signup", ["member_id"])
    op.create_table(
        "attendance",
        sa.Column("activity_id", sa.Uuid, sa.ForeignKey("activity.id"), primary_key=True),
        sa.Column("member_id", sa.Uuid, primary_key=True),
    )
    op.create_index("attendance_by_member", "attendance", ["member_id"])
    op.create_table(
        "former_member",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("into_id", sa.Uuid),
    )
    op.create_index("former_member_by_other", "former_member", ["into_id"])
