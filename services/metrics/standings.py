"""What kind of unit each is, and until when it is open: it decides what counts there."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.units import Unit


class Standing(NamedTuple):
    """A unit's kind, and the day from which on it is closed, if it is."""

    kind: str
    closed_on: date | None

    def until(self, end: date | None) -> date | None:
        """The end of what holds in the unit: no later than its closing."""
        return min((day for day in (end, self.closed_on) if day is not None), default=None)


Standings = Mapping[str, Standing]
"""By unit; those that are not known yet are not in it."""


def of(session: Session, units: Collection[str]) -> Standings:
    """How these units stand, as far as they are known."""
    query = select(Unit.code, Unit.kind, Unit.open, Unit.valid_from).where(Unit.code.in_(units))
    return {
        code: Standing(kind, None if is_open else valid_from)
        for code, kind, is_open, valid_from in session.execute(query)
    }


def changed(changes: Iterable[tuple[Unit | None, Unit]]) -> tuple[Standings, Standings]:
    """The units that stand otherwise after these changes, in order: before, and after."""
    before: dict[str, Standing | None] = {}
    after: dict[str, Standing] = {}
    for was, now in changes:
        before.setdefault(now.code, None if was is None else _standing(was))
        after[now.code] = _standing(now)
    other = {code for code, standing in after.items() if before[code] != standing}
    known = {code: found for code in other if (found := before[code]) is not None}
    return known, {code: after[code] for code in other}


def _standing(unit: Unit) -> Standing:
    return Standing(unit.kind, None if unit.open else unit.valid_from)
