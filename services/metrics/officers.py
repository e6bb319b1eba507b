"""The units that have a welcome officer, a programme officer, a union leader: each counts as one.

Which units are to have one stands with the goal; in a unit of another kind, a club say, or in
one that is closed an officer counts nowhere, and in one that is not known yet as soon as it is.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.event import Event
from services.metrics import standings
from services.metrics.assignments import CountedAssignment, keep, take_turns
from services.metrics.counters import Increment, undone
from services.metrics.programme import GOALS
from services.metrics.spans import Span, steps
from services.metrics.standings import Standings

OFFICES = {
    "welcome_officer": GOALS["welcome_officers"],
    "programme_officer": GOALS["programme_officers"],
    "union_leader": GOALS["union_leaders"],
}


def take(session: Session, events: Sequence[Event]) -> list[Increment]:
    """Take assignments' starts and ends over, in any order; answer what changes in the counters.

    No unit may change in another transaction before this one's commit.
    """
    told = [event for event in events if event.data["role"] in OFFICES]
    if not told:
        return []
    take_turns(session)
    known = standings.of(session, {event.data["unit"] for event in told})
    before = held(session, known)
    keep(session, told)
    return [*undone(before), *held(session, known)]


def held(session: Session, known: Standings) -> list[Increment]:
    """What the officers of these units add, as they stand."""
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    query = select(
        CountedAssignment.unit,
        CountedAssignment.role,
        CountedAssignment.started_on,
        CountedAssignment.ended_on,
    ).where(CountedAssignment.unit.in_(known), CountedAssignment.role.in_(OFFICES))
    for unit, role, first, end in session.execute(query):
        if first is not None and known[unit].kind in OFFICES[role].levels:
            spans[unit, OFFICES[role].key].append((first, known[unit].until(end)))
    return [
        Increment(unit, measure, day, amount)
        for (unit, measure), found in spans.items()
        for day, amount in steps(found)
    ]
