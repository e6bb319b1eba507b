"""The units that have a welcome officer, a programme officer, a union leader: each counts as one.

Which units are to have one stands with the goal; in a unit of another kind, a club say, an
officer counts nowhere, and in one that is not known yet as soon as it is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.event import Event
from infra.units import Unit
from services.metrics.assignments import CountedAssignment, Span, keep, steps, take_turns
from services.metrics.counters import Increment, undone
from services.metrics.programme import GOALS

OFFICES = {
    "welcome_officer": GOALS["welcome_officers"],
    "programme_officer": GOALS["programme_officers"],
    "union_leader": GOALS["union_leaders"],
}

Kinds = Mapping[str, str | None]
"""Units and what kind each is of, None while it is not known."""


def take(session: Session, events: Sequence[Event]) -> list[Increment]:
    """Take assignments' starts and ends over, in any order; answer what changes in the counters.

    No unit may change its kind in another transaction before this one's commit.
    """
    told = [event for event in events if event.data["role"] in OFFICES]
    if not told:
        return []
    take_turns(session)
    kinds = _kinds(session, {event.data["unit"] for event in told})
    before = _held(session, kinds)
    keep(session, told)
    return [*undone(before), *_held(session, kinds)]


def recount(session: Session, changes: Sequence[tuple[Unit | None, Unit]]) -> list[Increment]:
    """What changes in the counters with these units: before (None for a new one) and after."""
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    for was, now in changes:
        before.setdefault(now.code, None if was is None else was.kind)
        after[now.code] = now.kind
    if before == after:
        return []
    return [*undone(_held(session, before)), *_held(session, after)]


def _held(session: Session, kinds: Kinds) -> list[Increment]:
    """What the officers of these units add."""
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    query = select(
        CountedAssignment.unit,
        CountedAssignment.role,
        CountedAssignment.started_on,
        CountedAssignment.ended_on,
    ).where(CountedAssignment.unit.in_(kinds), CountedAssignment.role.in_(OFFICES))
    for unit, role, first, end in session.execute(query):
        if first is not None and kinds[unit] in OFFICES[role].levels:
            spans[unit, OFFICES[role].key].append((first, end))
    return [
        Increment(unit, measure, day, amount)
        for (unit, measure), found in spans.items()
        for day, amount in steps(found)
    ]


def _kinds(session: Session, units: set[str]) -> dict[str, str | None]:
    known = select(Unit.code, Unit.kind).where(Unit.code.in_(units))
    return {**dict.fromkeys(units), **{row.code: row.kind for row in session.execute(known)}}
