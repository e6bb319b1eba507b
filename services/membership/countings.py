"""Countings of the segments: one a day, however many replicas there are, and what it found."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.database import Base, Instant, locked
from infra.units import Tree
from services.membership.events.segments import SEGMENTS, SegmentCounted
from services.membership.members import Member
from services.membership.segments import SegmentCount

PATIENCE = timedelta(minutes=15)
"""After which a counting that is not finished is given up: whoever began it is gone."""

TOLD = ("young", "union_active", "union_official", "not_yet_asked")
LEVELS = ("party", "district")
"""The kinds of unit that are told of in events."""


class Counting(Base):
    """One row: the counting begun last, and the finished one that is shown."""

    __tablename__ = "counting"

    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[int]
    begun_at: Mapped[datetime | None] = mapped_column(Instant)
    shown: Mapped[int]
    counted_on: Mapped[date | None]


def begin(session: Session, today: date, now: datetime) -> int | None:
    """The number of the counting that the caller is to do.

    None when there is nothing to do: today's is done or another replica is at it, or there are no
    members yet.
    """
    counting = _locked(session)
    if counting.counted_on is not None and counting.counted_on >= today:
        return None
    if counting.begun_at is not None and now - counting.begun_at < PATIENCE:
        return None
    if not session.scalar(select(exists().where(Member.status == "member"))):
        return None
    counting.run, counting.begun_at = counting.run + 1, now
    return counting.run


def waiting(session: Session, today: date) -> int | None:
    """How many members there are to be counted; None while nothing is to be done."""
    counting = session.scalars(select(Counting)).one()
    if counting.begun_at is not None or counting.counted_on == today:
        return None
    return session.scalar(select(func.count()).where(Member.status == "member")) or None


def finish(session: Session, tree: Tree, run: int, today: date) -> bool:
    """Show what the counting found, and publish it; False if it was given up meanwhile."""
    counting = _locked(session)
    if counting.run != run:
        return False
    counting.shown, counting.counted_on, counting.begun_at = run, today, None
    _publish(session, tree, run, today)
    session.execute(delete(SegmentCount).where(SegmentCount.run < run))
    return True


def give_up(session: Session, run: int) -> None:
    """Leave the counting to whoever begins next."""
    counting = _locked(session)
    if counting.run == run:
        counting.begun_at = None


def of_unit(session: Session, unit: str) -> dict[str, Any]:
    """What may be shown of a unit with all below it, as it was on the day `counted_on`.

    `{"unit", "counted_on", "young", "union_active", "union_official", "not_yet_asked",
    "interests": [{"word", "count"}], "competences": …}`. None for a count that is hidden; a word
    whose count is hidden is left out.
    """
    counting = session.scalars(select(Counting)).one()
    found = select(SegmentCount).where(
        SegmentCount.run == counting.shown, SegmentCount.unit == unit
    )
    rows = session.scalars(found.order_by(SegmentCount.count.desc(), SegmentCount.word)).all()
    return {
        "unit": unit,
        "counted_on": counting.counted_on,
        **dict.fromkeys(TOLD),
        **{row.segment: row.count for row in rows if row.segment in TOLD},
        "interests": [row for row in rows if row.segment == "interest"],
        "competences": [row for row in rows if row.segment == "competence"],
    }


def _publish(session: Session, tree: Tree, run: int, today: date) -> None:
    found = select(SegmentCount).where(
        SegmentCount.run == run,
        SegmentCount.unit.in_([node.code for node in tree if node.kind in LEVELS]),
        SegmentCount.segment.in_(SEGMENTS),
    )
    rows = session.scalars(found.order_by(SegmentCount.unit, SegmentCount.segment)).all()
    outbox.append(
        session, *(SegmentCounted(row.unit, today, row.segment, row.count) for row in rows)
    )


def _locked(session: Session) -> Counting:
    return session.scalars(locked(session, select(Counting))).one()
