"""Obligations that move, are reopened and reminded of; elected posts; withdrawn offers."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SOON, VERY_SOON = timedelta(days=30), timedelta(days=7)
OBLIGATION = sa.table(
    "obligation",
    sa.column("unit"),
    sa.column("opened_in"),
    sa.column("due_on", sa.Date),
    sa.column("status"),
    sa.column("remind_on", sa.Date),
    sa.column("remind_last_on", sa.Date),
)


def upgrade() -> None:
    """Create what is kept of moves and posts, and what obligations and offers have more."""
    op.create_table(
        "move_seen",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("moved_on", sa.Date, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("to_unit", sa.String(64), nullable=False),
    )
    op.create_table(
        "post_seen",
        sa.Column("assignment_id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("started_on", sa.Date),
        sa.Column("ended_on", sa.Date),
    )
    op.create_index("post_seen_by_member", "post_seen", ["member_id"])
    op.add_column("double_seen", sa.Column("into_id", sa.Uuid))
    op.add_column("offer", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    op.add_column("obligation", sa.Column("opened_in", sa.String(64)))
    op.add_column("obligation", sa.Column("remind_on", sa.Date))
    op.add_column("obligation", sa.Column("remind_last_on", sa.Date))
    fill()
    for name in ("remind_on", "remind_last_on"):
        waiting = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"obligation_by_{name}",
            "obligation",
            [name, "id"],
            postgresql_where=waiting,
            sqlite_where=waiting,
        )


def fill() -> None:
    """What is there belongs to where it is; what is still to come is to be reminded of."""
    op.execute(OBLIGATION.update().values(opened_in=OBLIGATION.c.unit))
    waiting = (OBLIGATION.c.status == "open") & OBLIGATION.c.due_on.is_not(None)
    days = op.get_bind().scalars(sa.select(OBLIGATION.c.due_on).where(waiting).distinct())
    for due_on in days.all():
        of_the_day = OBLIGATION.update().where(waiting, OBLIGATION.c.due_on == due_on)
        reminders = {"remind_on": due_on - SOON, "remind_last_on": due_on - VERY_SOON}
        op.execute(of_the_day.values(reminders))
