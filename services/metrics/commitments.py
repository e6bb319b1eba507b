"""What units have fulfilled of what they undertake: what is done once from that day on, what is
done each year until that year's end.

It counts while the unit is open, and one of a kind for which the undertaking holds.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import MAXYEAR, date

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, take_turn
from infra.event import Event
from services.metrics import standings
from services.metrics.counters import Increment, undone
from services.metrics.spans import Span, steps
from services.metrics.standings import Standings
from services.metrics.undertakings import CATALOGUE, level_of

TURN = 20190830
"""Of the locks of the database, the one on what is fulfilled: each year it counts once."""


class CountedCommitment(Base):
    """A day on which a unit has fulfilled an undertaking."""

    __tablename__ = "counted_commitment"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    fulfilled_on: Mapped[date] = mapped_column(primary_key=True)


def take(session: Session, events: Sequence[Event]) -> list[Increment]:
    """Take over what was fulfilled, in any order; answer what changes in the counters.

    No unit may change in another transaction before this one's commit. What is no undertaking of
    ours counts nowhere.
    """
    told = [event for event in events if event.data["key"] in CATALOGUE]
    if not told:
        return []
    take_turn(session, TURN)
    known = standings.of(session, {event.data["unit"] for event in told})
    before = fulfilled(session, known)
    insert_new(session, CountedCommitment, [dict(event.data) for event in told], "unit")
    return [*undone(before), *fulfilled(session, known)]


def fulfilled(session: Session, known: Standings) -> list[Increment]:
    """What is fulfilled by these units, as they stand."""
    spans: dict[tuple[str, str, str], list[Span]] = defaultdict(list)
    query = select(
        CountedCommitment.unit, CountedCommitment.key, CountedCommitment.fulfilled_on
    ).where(CountedCommitment.unit.in_(known))
    for unit, key, day in session.execute(query):
        level = level_of(key, known[unit].kind)
        if level is not None:
            spans[unit, key, level].append((day, known[unit].until(_end(key, day))))
    return [
        Increment(unit, f"commitments.{level}", day, amount)
        for (unit, _, level), found in spans.items()
        for day, amount in steps(found)
    ]


def _end(key: str, day: date) -> date | None:
    """The day from which on it is to be done again; of the last year there is none."""
    again = CATALOGUE[key].yearly and day.year < MAXYEAR
    return date(day.year + 1, 1, 1) if again else None
