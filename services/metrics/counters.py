"""The counters: what happened, by unit, measure and day, summed over every unit's subtree.

Each fact is an `Increment` at its own unit. A day's row keeps the unit's own amount beside the
subtree's, so that the sums can be worked out again when a unit turns up late or moves.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, add_up
from services.metrics.placements import Placements

STOCKS = frozenset(
    {
        "members",
        "welcome_officers",
        "programme_officers",
        "union_leaders",
        "commitments.party",
        "commitments.district",
        "commitments.branch",
        "leader_education.due",
        "leader_education.on_time",
    }
)
"""Measures whose sum up to a day is the value on that day."""

CHUNK = 300


class DayCounter(Base):
    """A measure on one day: of the unit itself (`own`) and of its whole subtree (`value`)."""

    __tablename__ = "day_counter"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    measure: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
    own: Mapped[int] = mapped_column(BigInteger)


class YearCounter(Base):
    """A measure over one calendar year, of a unit's whole subtree: what a goal is read from."""

    __tablename__ = "year_counter"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    measure: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Increment(NamedTuple):
    """`amount` of a measure, at one unit on one day; may be negative."""

    unit: str
    measure: str
    day: date
    amount: int


def undone(increments: Iterable[Increment]) -> list[Increment]:
    """What takes these back."""
    return [increment._replace(amount=-increment.amount) for increment in increments]


Sums = dict[tuple[str, str, date], int]


def add(session: Session, placements: Placements, increments: Iterable[Increment]) -> None:
    """Count `increments` at their units and at all that stood above these on their days.

    `placements` must be those of this transaction. Additions commute: order does not matter.
    """
    own: Sums = defaultdict(int)
    for unit, measure, day, amount in increments:
        own[unit, measure, day] += amount
    _write(session, _spread(placements, own), own)


def move(session: Session, before: Placements, after: Placements, units: set[str]) -> None:
    """Work out again what `units`, and all below them, add to the units above them."""
    affected = sorted({code for unit in units for code in before.below(unit) | after.below(unit)})
    for start in range(0, len(affected), CHUNK):
        own = _own(session, affected[start : start + CHUNK])
        sums = _spread(after, own)
        for key, amount in _spread(before, own).items():
            sums[key] -= amount
        _write(session, sums, {})


def years(session: Session, units: Sequence[str], year: int) -> dict[str, dict[str, int]]:
    """By unit and measure: flows over the year, stocks at its end (or now, if it is not over)."""
    found: dict[str, dict[str, int]] = {unit: defaultdict(int) for unit in units}
    columns = (YearCounter.unit, YearCounter.measure, YearCounter.value)
    flows = select(*columns).where(
        YearCounter.unit.in_(units), YearCounter.year == year, YearCounter.measure.not_in(STOCKS)
    )
    stocks = select(*columns).where(
        YearCounter.unit.in_(units), YearCounter.year <= year, YearCounter.measure.in_(STOCKS)
    )
    for query in (flows, stocks):
        for unit, measure, value in session.execute(query):
            found[unit][measure] += value
    return found


def year_sums(
    session: Session, units: Sequence[str], measures: Sequence[str], years: Sequence[int]
) -> dict[tuple[str, int], int]:
    """By unit and year: the flows that a goal names by `measures`, over the year."""
    named = or_(*(_named(name) for name in measures))
    query = select(YearCounter.unit, YearCounter.year, func.sum(YearCounter.value)).where(
        YearCounter.unit.in_(units), YearCounter.year.in_(years), named
    )
    rows = session.execute(query.group_by(YearCounter.unit, YearCounter.year))
    return {(unit, year): int(total) for unit, year, total in rows}


def after_day(session: Session, units: Sequence[str], day: date) -> dict[str, dict[str, int]]:
    """By unit and stock: what is known already to change after `day` in that day's year."""
    query = select(DayCounter.unit, DayCounter.measure, DayCounter.value).where(
        DayCounter.unit.in_(units),
        DayCounter.measure.in_(STOCKS),
        DayCounter.day > day,
        DayCounter.day <= date(day.year, 12, 31),
    )
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for unit, measure, value in session.execute(query):
        found[unit][measure] += value
    return found


def flows_after(
    session: Session, units: Sequence[str], measures: Collection[str], day: date
) -> dict[str, dict[str, int]]:
    """By unit and measure: what `measures`, which are no stocks, add after `day` in its year."""
    query = (
        select(DayCounter.unit, DayCounter.measure, func.sum(DayCounter.value))
        .where(
            DayCounter.unit.in_(units),
            # By whole names, so that the index finds the days.
            DayCounter.measure.in_(sorted(set(measures) - STOCKS)),
            DayCounter.day > day,
            DayCounter.day <= date(day.year, 12, 31),
        )
        .group_by(DayCounter.unit, DayCounter.measure)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for unit, measure, value in session.execute(query):
        found[unit][measure] = int(value)
    return found


def _named(name: str) -> ColumnElement[bool]:
    if name.endswith("."):
        return YearCounter.measure.startswith(name, autoescape=True)
    return YearCounter.measure == name


def _spread(placements: Placements, own: Sums) -> Sums:
    sums: Sums = defaultdict(int)
    for (unit, measure, day), amount in own.items():
        for ancestor, on, share in placements.spread(unit, day, amount, stock=measure in STOCKS):
            sums[ancestor, measure, on] += share
    return sums


def _write(session: Session, sums: Sums, own: Sums) -> None:
    by_day = []
    by_year: dict[tuple[str, str, int], int] = defaultdict(int)
    for (unit, measure, day), value in sums.items():
        mine = own.get((unit, measure, day), 0)
        if value or mine:
            row = {"unit": unit, "measure": measure, "day": day, "value": value, "own": mine}
            by_day.append(row)
            by_year[unit, measure, day.year] += value
    add_up(session, DayCounter, by_day, "value", "own")
    # Zeros too: whoever looks for the days of a year finds their measures here.
    rows = [
        {"unit": unit, "measure": measure, "year": year, "value": value}
        for (unit, measure, year), value in by_year.items()
    ]
    add_up(session, YearCounter, rows, "value")


def _own(session: Session, units: Sequence[str]) -> Sums:
    query = select(DayCounter.unit, DayCounter.measure, DayCounter.day, DayCounter.own).where(
        DayCounter.unit.in_(units), DayCounter.own != 0
    )
    return {(unit, measure, day): own for unit, measure, day, own in session.execute(query)}
