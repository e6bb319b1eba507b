"""Prospects, who asked them, and the counts of segments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables and the indexes that lists, joins and timers read by."""
    create_prospects()
    create_asks()
    create_segments()


def create_prospects() -> None:
    """Those who consented to be contacted."""
    op.create_table(
        "prospect",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("registered_on", sa.Date, nullable=False),
        sa.Column("heard_on", sa.Date, nullable=False),
        sa.Column("consent_at", INSTANT),
        sa.Column("interests", sa.JSON, nullable=False),
        sa.Column("conversation_id", sa.Uuid),
        sa.Column("activity_id", sa.Uuid),
        sa.Column("asks", sa.Integer, nullable=False),
        sa.Column("asked_on", sa.Date),
        sa.Column("last_asked_on", sa.Date),
        sa.Column("answer", sa.String(10)),
        sa.Column("declined_on", sa.Date),
        sa.Column("joined_on", sa.Date),
        sa.Column("member_id", sa.Uuid),
        sa.Column("personal", sa.LargeBinary),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("email_mark", sa.LargeBinary),
        sa.Column("phone_mark", sa.LargeBinary),
    )
    for name in ("email_mark", "phone_mark"):
        op.create_index(f"prospect_by_{name}", "prospect", [name])
    op.create_index("prospect_by_day", "prospect", ["registered_on", "id"])
    op.create_index("prospect_by_unit", "prospect", ["unit", "status"])
    op.create_index("prospect_by_age", "prospect", ["status", "heard_on", "id"])
    op.create_index("prospect_by_member", "prospect", ["member_id"])


def create_asks() -> None:
    """Who asked whom."""
    op.create_table(
        "prospect_ask",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("prospect_id", sa.Uuid, sa.ForeignKey("prospect.id"), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("answer", sa.String(10)),
    )
    op.create_index("ask_by_prospect", "prospect_ask", ["prospect_id"])
    op.create_index("ask_by_unit", "prospect_ask", ["unit", "by"])


def create_segments() -> None:
    """What may be shown of the segments, and which counting it is of."""
    op.create_table(
        "segment_count",
        sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("segment", sa.String(40), primary_key=True),
        sa.Column("word", sa.String(50), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    counting = op.create_table(
        "counting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("begun_at", INSTANT),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("counted_on", sa.Date),
    )
    op.bulk_insert(counting, [{"id": 1, "run": 0, "shown": 0}])
