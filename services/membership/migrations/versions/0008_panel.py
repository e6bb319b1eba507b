"""The member panel, commitments and follow-ups, and the days by which numbers are followed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables, and the indexes by which they are read."""
    _panel()
    _follow_up()
    op.create_index("member_by_leave", "member", ["left_on"])
    op.create_index("past_membership_by_join", "past_membership", ["joined_on"])
    op.create_index("past_membership_by_leave", "past_membership", ["left_on"])
    op.create_index("transfer_by_day", "transfer", ["on"])


def _panel() -> None:
    op.create_table(
        "panel_wave",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("opens_on", sa.Date, nullable=False),
        sa.Column("closes_on", sa.Date, nullable=False),
        sa.Column("sample", sa.Integer),
        sa.Column("closed_on", sa.Date),
    )
    op.create_index("panel_wave_by_day", "panel_wave", ["opens_on", "id"])
    op.create_index("panel_wave_by_end", "panel_wave", ["closed_on", "closes_on"])
    op.create_table(
        "panel_draw",
        sa.Column("wave_id", sa.Uuid, sa.ForeignKey("panel_wave.id"), primary_key=True),
        sa.Column("seed", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("invited", sa.Integer, nullable=False),
    )
    op.create_table(
        "panel_drawn",
        sa.Column("wave_id", sa.Uuid, sa.ForeignKey("panel_wave.id"), primary_key=True),
        sa.Column("member_id", sa.Uuid, primary_key=True),
    )
    op.create_index("panel_drawn_by_member", "panel_drawn", ["member_id"])
    _answers()


def _answers() -> None:
    op.create_table(
        "panel_invitation",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("wave_id", sa.Uuid, sa.ForeignKey("panel_wave.id"), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
    )
    op.create_index("panel_invitation_by_wave", "panel_invitation", ["wave_id"])
    op.create_table(
        "panel_tally",
        sa.Column("wave_id", sa.Uuid, sa.ForeignKey("panel_wave.id"), primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("invited", sa.Integer, nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("answers", sa.JSON, nullable=False),
    )


def _follow_up() -> None:
    op.create_table(
        "commitment",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("fulfilled_on", sa.Date, nullable=False),
    )
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("agreed_on", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("text", sa.LargeBinary),
        sa.Column("ended_on", sa.Date),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_index("follow_up_by_unit", "follow_up", ["unit", "ended_on"])
