"""The status of each goal as it was last told, and telling of what has changed since.

Not counted but told: a rebuild leaves it as it is, and so publishes nothing again.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.database import Base, insert_new, locked, update_all
from infra.units import Tree
from services.metrics import goals, targets
from services.metrics.events import GoalStatusChanged
from services.metrics.programme import GOALS

WATCHED = frozenset({"party", "district", "branch"})
"""The kinds of unit whose status is told."""


class GoalStatus(Base):
    """A goal's status as it was last told; each change raises `version` by one."""

    __tablename__ = "goal_status"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    goal: Mapped[str] = mapped_column(String(60), primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]


class Change(NamedTuple):
    """A status that differs from the one stored as `version`; 0 where none is stored."""

    unit: str
    year: int
    goal: str
    status: str
    value: float | None
    target: float | None
    previous: str | None
    version: int


def watched(tree: Tree) -> list[str]:
    """The units whose status is told, sorted."""
    return sorted(node.code for node in tree if node.kind in WATCHED and node.open)


def changes(session: Session, tree: Tree, units: Sequence[str], today: date) -> list[Change]:
    """What differs from what is stored, this year and the one before, in a few reads for all."""
    years = (today.year - 1, today.year)
    query = select(
        GoalStatus.unit, GoalStatus.year, GoalStatus.goal, GoalStatus.status, GoalStatus.version
    ).where(GoalStatus.unit.in_(units), GoalStatus.year.in_(years))
    stored = {(u, y, g): (status, version) for u, y, g, status, version in session.execute(query)}
    found: list[Change] = []
    for year in years:
        for unit, answer in _answers(session, tree, units, year, today):
            previous, version = stored.get((unit, year, answer["key"]), (None, 0))
            if answer["status"] != previous:
                said = (answer["key"], answer["status"], answer["value"], answer["target"])
                found.append(Change(unit, year, *said, previous, version))
    return found


def tell(session: Session, differing: Sequence[Change]) -> int:
    """Store the statuses and publish what changed; answer how many that were.

    What is seen for the first time is stored alone. What another replica told meanwhile is left
    to it.
    """
    fresh = [_row(change) for change in differing if change.previous is None]
    insert_new(session, GoalStatus, fresh, "unit")
    known = [change for change in differing if change.previous is not None]
    if not known:
        return 0
    versions = _locked(session, known)
    mine = [c for c in known if versions.get((c.unit, c.year, c.goal)) == c.version]
    update_all(session, GoalStatus, [_row(change) for change in mine], "status", "version")
    outbox.append(session, *(_fact(change) for change in mine))
    return len(mine)


def _answers(
    session: Session, tree: Tree, units: Sequence[str], year: int, today: date
) -> list[tuple[str, dict[str, Any]]]:
    measures = goals.measures_of(session, list(units), year, today)
    aims = targets.aims(session, tree, units, year)
    return [
        (unit, goals.answer(goal, measures[unit], aims, unit, year, today))
        for unit in units
        for goal in GOALS.values()
    ]


def _locked(session: Session, known: Sequence[Change]) -> dict[tuple[str, int, str], int]:
    """The versions stored now, of all goals of these units, locked in order of key."""
    query = (
        select(GoalStatus.unit, GoalStatus.year, GoalStatus.goal, GoalStatus.version)
        .where(
            GoalStatus.unit.in_({change.unit for change in known}),
            GoalStatus.year.in_({change.year for change in known}),
        )
        .order_by(GoalStatus.unit, GoalStatus.year, GoalStatus.goal)
    )
    found = session.execute(locked(session, query))
    return {(unit, year, goal): version for unit, year, goal, version in found}


def _row(change: Change) -> dict[str, Any]:
    return {
        "unit": change.unit,
        "year": change.year,
        "goal": change.goal,
        "status": change.status,
        "version": change.version + 1,
    }


def _fact(change: Change) -> GoalStatusChanged:
    return GoalStatusChanged(
        goal=change.goal,
        unit=change.unit,
        year=change.year,
        status=change.status,
        previous=change.previous or "",
        version=change.version + 1,
        value=None if change.value is None else float(change.value),
        target=None if change.target is None else float(change.target),
    )
