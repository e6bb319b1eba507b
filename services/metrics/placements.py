"""Where units have stood in the tree, day by day: along which ancestors a fact counts.

A flow counts along the ancestors that its unit had on the fact's day. A stock counts along those
of its day as well, and moves to the new ancestors on the day on which the unit moves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new
from infra.event import Event
from infra.units import CHANGED, exact_version

ALWAYS = date.min
Share = tuple[str, date, int]


class Placement(Base):
    """One version of a unit's place: below `parent` from `valid_from` on."""

    __tablename__ = "placement"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[date]


class Place(NamedTuple):
    """Below `parent` from `since` on, until the next place."""

    since: date
    parent: str | None


class Placements:
    """All places of all units at one moment; never changes."""

    def __init__(self, rows: Iterable[tuple[str, int, str | None, date]]) -> None:
        versions: dict[str, list[tuple[int, str | None, date]]] = defaultdict(list)
        for unit, version, parent, valid_from in rows:
            versions[unit].append((version, parent, valid_from))
        self._places = {unit: _history(found) for unit, found in versions.items()}
        self._children: dict[str, set[str]] = defaultdict(set)
        for unit, places in self._places.items():
            for place in places:
                if place.parent is not None:
                    self._children[place.parent].add(unit)
        self._steady: dict[str, tuple[str, ...] | None] = {}

    def path(self, unit: str, day: date) -> tuple[str, ...]:
        """The unit and its ancestors on that day, up to the first whose place is unknown."""
        climbed: list[str] = []
        at: str | None = unit
        while at is not None and at not in climbed:
            climbed.append(at)
            at = self._parent(at, day)
        return tuple(climbed)

    def spread(self, unit: str, day: date, amount: int, *, stock: bool) -> Iterator[Share]:
        """What `amount` at `unit` on `day` adds to the unit and to each ancestor, and when."""
        steady = self._steady_path(unit)
        if steady is not None:
            yield from ((ancestor, day, amount) for ancestor in steady)
            return
        path = self.path(unit, day)
        yield from ((ancestor, day, amount) for ancestor in path)
        if stock:
            yield from self._moved(unit, day, amount, set(path))

    def below(self, unit: str) -> set[str]:
        """The unit and every unit that ever stood below it."""
        found: set[str] = set()
        waiting = [unit]
        while waiting:
            code = waiting.pop()
            if code not in found:
                found.add(code)
                waiting.extend(self._children.get(code, ()))
        return found

    def _parent(self, unit: str, day: date) -> str | None:
        parent = None
        for place in self._places.get(unit, ()):
            if place.since > day:
                break
            parent = place.parent
        return parent

    def _steady_path(self, unit: str) -> tuple[str, ...] | None:
        """The path of a unit that, like all above it, never moved; None for the others."""
        if unit not in self._steady:
            path = self.path(unit, date.max)
            moved = any(len(self._places.get(code, ())) > 1 for code in path)
            early = any(self._since(code) > ALWAYS for code in path)
            self._steady[unit] = None if moved or early else path
        return self._steady[unit]

    def _since(self, unit: str) -> date:
        places = self._places.get(unit)
        return places[0].since if places else ALWAYS

    def _moved(self, unit: str, day: date, amount: int, path: set[str]) -> Iterator[Share]:
        for change in self._changes(unit, day):
            after = set(self.path(unit, change))
            yield from ((ancestor, change, -amount) for ancestor in path - after)
            yield from ((ancestor, change, amount) for ancestor in after - path)
            path = after

    def _changes(self, unit: str, day: date) -> list[date]:
        """The days after `day` on which the unit's path may have changed."""
        ever: set[str] = set()
        waiting = [unit]
        while waiting:
            code = waiting.pop()
            if code not in ever:
                ever.add(code)
                places = self._places.get(code, ())
                waiting.extend(place.parent for place in places if place.parent is not None)
        days = {place.since for code in ever for place in self._places.get(code, ())}
        return sorted(change for change in days if change > day)


def record(session: Session, events: Iterable[Event]) -> set[str]:
    """Keep the places that units' events tell of, in any order; answer whose places are new."""
    rows = {
        (event.data["code"], event.data["version"]): {
            "unit": event.data["code"],
            "version": event.data["version"],
            "parent": event.data["parent"],
            "valid_from": event.data["valid_from"],
        }
        for event in events
    }
    known = session.execute(
        select(Placement.unit, Placement.version).where(
            Placement.unit.in_({unit for unit, _ in rows})
        )
    )
    for unit, version in known:
        rows.pop((unit, version), None)
    insert_new(session, Placement, list(rows.values()), "unit")
    return {unit for unit, _ in rows}


def load(session: Session) -> Placements:
    """All places."""
    found = session.execute(
        select(Placement.unit, Placement.version, Placement.parent, Placement.valid_from)
    )
    return Placements((row.unit, row.version, row.parent, row.valid_from) for row in found)


class Known:
    """The places of each database, kept in memory until its tree changes."""

    def __init__(self) -> None:
        self._found: WeakKeyDictionary[object, tuple[int, Placements]] = WeakKeyDictionary()

    def exact(self, session: Session) -> Placements:
        """The places, which no other transaction changes before this one's commit."""
        if session.info.get(CHANGED):
            return load(session)
        version = exact_version(session)
        found = self._found.get(session.get_bind())
        if found is None or found[0] != version:
            found = self._found[session.get_bind()] = (version, load(session))
        return found[1]


def _history(versions: list[tuple[int, str | None, date]]) -> list[Place]:
    """The places in order of day: a later move holds from its day on, whatever was before.

    A version with the parent of the one before it (a new name, say) is no move.
    """
    places: list[Place] = []
    previous: str | None = ""
    for version, parent, valid_from in sorted(versions, key=lambda found: found[0]):
        # A unit has always been where it was first registered.
        since = ALWAYS if version == 1 else valid_from
        if parent != previous:
            places = [place for place in places if place.since < since]
            places.append(Place(since, parent))
        previous = parent
    return places
