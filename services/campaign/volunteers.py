"""Volunteers: how many different people logged conversations in an ISO week, by unit."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, locked, replace_all
from infra.units import Tree
from services.campaign.conversations import Conversation
from services.campaign.events import VolunteersCounted
from services.campaign.late_reports import WEEK, LateReport, monday

LEVELS = ("party", "district", "branch")
"""The kinds of unit that are counted, each with all below it."""

MOST_WEEKS = 52
"""That one run of the timer counts; the others wait for the next."""

SETTLED = timedelta(hours=1)
"""After its end a week is counted: reports that took it for the current one are committed then."""


class VolunteerCount(Base):
    """What was published last of a unit and the week of the Monday `week`."""

    __tablename__ = "volunteer_count"

    week: Mapped[date] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    volunteers: Mapped[int]
    version: Mapped[int]


class VolunteerWeek(Base):
    """One row: the first week that was not counted yet. Whoever counts has it locked."""

    __tablename__ = "volunteer_week"

    id: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[date | None]


def due(session: Session, now: datetime) -> list[date]:
    """The Mondays of weeks to count: those that are over, those of late reports; some of them."""
    this_week = monday(clock.day_of(now - SETTLED))
    late = select(LateReport.week).where(LateReport.week < this_week)
    weeks = set(session.scalars(late.distinct()))
    week = _first(session)
    while week is not None and week < this_week:
        weeks.add(week)
        week += WEEK
    return sorted(weeks)[:MOST_WEEKS]


def count(session: Session, tree: Tree, week: date) -> int:
    """Count one week that `due` tells of, and publish what changed; answers how many units.

    Of several replicas one counts at a time, and whoever comes second finds nothing to do.
    """
    turn = session.scalars(locked(session, select(VolunteerWeek))).one()
    # Deleted before it is counted: a report that is not seen then has its note kept.
    noted = session.scalars(
        delete(LateReport).where(LateReport.week == week).returning(LateReport.id)
    ).all()
    if turn.next is not None and week < turn.next and not noted:
        return 0
    turn.next = max(week + WEEK, turn.next or date.min)
    rows = _changed(session, week, _volunteers(session, tree, week))
    replace_all(session, VolunteerCount, rows, "volunteers", "version")
    outbox.append(
        session,
        *(
            VolunteersCounted(row["unit"], _iso(week), row["volunteers"], row["version"])
            for row in rows
        ),
    )
    return len(rows)


def _first(session: Session) -> date | None:
    week: date | None = session.scalar(select(VolunteerWeek.next))
    if week is not None:
        return week
    first = session.scalar(select(func.min(Conversation.held_on)))
    return None if first is None else monday(first)


def _changed(session: Session, week: date, found: dict[str, int]) -> list[dict[str, Any]]:
    """The rows of those units whose number is another one than was published."""
    known = select(VolunteerCount.unit, VolunteerCount.volunteers, VolunteerCount.version)
    before = {
        unit: (volunteers, version)
        for unit, volunteers, version in session.execute(known.where(VolunteerCount.week == week))
    }
    rows = []
    for unit in sorted(before.keys() | found.keys()):
        volunteers, version = before.get(unit, (0, 0))
        if found.get(unit, 0) != volunteers:
            row = {"week": week, "unit": unit, "volunteers": found.get(unit, 0)}
            rows.append({**row, "version": version + 1})
    return rows


def _volunteers(session: Session, tree: Tree, week: date) -> dict[str, int]:
    pairs = select(Conversation.unit, Conversation.logged_by).where(
        Conversation.held_on.between(week, week + WEEK - timedelta(days=1)),
        Conversation.logged_by.is_not(None),
        Conversation.voided_at.is_(None),
    )
    people: defaultdict[str, set[str | None]] = defaultdict(set)
    for unit, volunteer in session.execute(pairs.distinct()):
        for at in tree.path(unit):
            people[at].add(volunteer)
    return {
        unit: len(people[unit])
        for unit in people
        if (node := tree.get(unit)) is not None and node.kind in LEVELS
    }


def _iso(week: date) -> str:
    """The week as ISO 8601 writes it, `2026-W47`."""
    year, number, _ = week.isocalendar()
    return f"{year}-W{number:02}"
