"""A goal over time: by day, week or month, for any unit, with what was expected beside it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra import csv
from infra.errors import Invalid
from infra.units import Tree
from services.metrics import targets
from services.metrics.counters import STOCKS, DayCounter, YearCounter
from services.metrics.pace import elapsed
from services.metrics.programme import Goal, Kind, is_of
from services.metrics.targets import Aims, number

STEPS = ("day", "week", "month")
MOST_POINTS = 3_660
"""Ten years of days."""

MOVING = frozenset({Kind.FLOW, Kind.CEILING})
COUNTED = MOVING | {Kind.STOCK, Kind.SHARE}
"""What is counted by day."""

COLUMNS = ("label", "from", "to", "value", "total", "due", "on_time", "expected")

ByDay = Mapping[date, int]


@dataclass(frozen=True)
class Step:
    """One point's days, both ends included; `label` names the whole day, ISO week or month."""

    label: str
    first: date
    last: date


def series(
    session: Session, tree: Tree, goal: Goal, unit: str, span: tuple[date, date, str], today: date
) -> dict[str, Any]:
    """The points of `span`: first day, last day, step.

    A flow has the sum of each step (`value`) and the year's up to its end (`total`), a stock its
    value at the end, a share its value with what was due and on time; a share of stocks, too, as
    of the end. Flows and stocks have no value for a step that lies ahead. Raises Invalid, naming
    it, for an unknown unit, and for a span that ends before it begins, or has more than
    MOST_POINTS.
    """
    tree.check_known(unit)
    check_counted(goal)
    first, last, step = span
    steps = cut(first, last, step)
    years = range(first.year, last.year + 1)
    aims = targets.aims_by_year(session, tree, [unit], years)
    return {
        "key": goal.key,
        "unit": unit,
        "from": first,
        "to": last,
        "step": step,
        "points": [
            {**point, "expected": _expected(goal, unit, aims[found.last.year], found.last)}
            for found, point in zip(steps, _points(session, goal, unit, steps, today), strict=True)
        ],
    }


def as_csv(found: Mapping[str, Any]) -> bytes:
    """The points of a series as lines, below a line of names."""
    rows = [[point[name] for name in COLUMNS] for point in found["points"]]
    return csv.lines([COLUMNS, *rows])


def check_counted(goal: Goal) -> None:
    """Invalid for a goal that is not counted day by day."""
    if goal.kind not in COUNTED:
        raise Invalid("Not by day", {"key": ["This goal is not counted day by day."]})


def cut(first: date, last: date, step: str) -> list[Step]:
    """The steps from `first` to `last`; those at the ends are clipped to these days."""
    if first > last:
        raise Invalid("Ends before it begins", {"from": ["Must not be after `to`."]})
    found: list[Step] = []
    while first <= last:
        if len(found) == MOST_POINTS:
            raise Invalid("Too long", {"to": [f"At most {MOST_POINTS} points."]})
        label, end = _step_of(first, step)
        found.append(Step(label, first, min(end, last)))
        if end >= last:
            break
        first = end + timedelta(days=1)
    return found


def by_day(
    session: Session, unit: str, measures: Collection[str], first: date, last: date
) -> dict[date, int]:
    """What the measures (as a goal names them) add up to on each day that has any."""
    query = (
        select(DayCounter.day, func.sum(DayCounter.value))
        .where(
            DayCounter.unit == unit,
            DayCounter.measure.in_(_named(session, unit, measures)),
            DayCounter.day.between(first, last),
        )
        .group_by(DayCounter.day)
    )
    return {day: int(value) for day, value in session.execute(query)}


def up_to(session: Session, goal: Goal, unit: str, day: date) -> float | None:
    """The value on `day`: of a flow or a share, what is of that year up to then."""
    year = Step("", date(day.year, 1, 1), day)
    (point,) = _points(session, goal, unit, [year], day)
    value: float | None = point["value"]
    return value


def before_year(session: Session, unit: str, measures: Collection[str], year: int) -> int:
    """What a stock stood at when `year` began."""
    named = _named(session, unit, measures)
    query = select(func.sum(YearCounter.value)).where(
        YearCounter.unit == unit, YearCounter.measure.in_(named), YearCounter.year < year
    )
    return int(session.scalar(query) or 0)


def _named(session: Session, unit: str, names: Collection[str]) -> list[str]:
    """The unit's measures that are meant: by their whole names the index finds the days."""
    query = select(YearCounter.measure).where(YearCounter.unit == unit).distinct()
    return [name for name in session.scalars(query) if is_of(name, names)]


def _points(
    session: Session, goal: Goal, unit: str, steps: list[Step], today: date
) -> Iterator[dict[str, Any]]:
    began, last = date(steps[0].first.year, 1, 1), steps[-1].last
    if goal.kind is Kind.SHARE:
        (kind,) = goal.measures
        names = f"{kind}.due", f"{kind}.on_time"
        if STOCKS.issuperset(names):
            return _standing_shares(
                *(_stock(session, [name], unit, steps, today) for name in names)
            )
        due, on_time = (by_day(session, unit, [name], began, last) for name in names)
        return (_share(step, due, on_time) for step in steps)
    if goal.kind is Kind.STOCK:
        return _stock(session, goal.measures, unit, steps, today)
    amounts = by_day(session, unit, goal.measures, began, last)
    return _flows(steps, amounts, today)


def _flows(steps: list[Step], amounts: ByDay, today: date) -> Iterator[dict[str, Any]]:
    totals = _running(amounts, date(steps[0].first.year, 1, 1), steps[-1].last, yearly=True)
    for step in steps:
        value = sum(amounts.get(day, 0) for day in _days(step.first, step.last))
        if step.first > today:
            yield _point(step)
        else:
            yield _point(step, value=value, total=totals[step.last])


def _stock(
    session: Session, measures: Collection[str], unit: str, steps: list[Step], today: date
) -> Iterator[dict[str, Any]]:
    began = date(steps[0].first.year, 1, 1)
    amounts = by_day(session, unit, measures, began, steps[-1].last)
    return _stocks(steps, amounts, before_year(session, unit, measures, began.year), today)


def _stocks(
    steps: list[Step], amounts: ByDay, opening: int, today: date
) -> Iterator[dict[str, Any]]:
    began, last = date(steps[0].first.year, 1, 1), steps[-1].last
    values = _running(amounts, began, last, opening=opening)
    for step in steps:
        # What is known already of days to come is no value yet.
        yield _point(step, value=None if step.first > today else values[min(step.last, today)])


def _share(step: Step, due: ByDay, on_time: ByDay) -> dict[str, Any]:
    days = list(_days(step.first, step.last))
    owed, kept = (sum(found.get(day, 0) for day in days) for found in (due, on_time))
    return _point(step, value=round(kept / owed, 6) if owed else None, due=owed, on_time=kept)


def _standing_shares(
    due: Iterable[dict[str, Any]], on_time: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Of a stock the part that another is, at the end of each step."""
    for whole, part in zip(due, on_time, strict=True):
        owed, kept = whole["value"], part["value"]
        value = round(kept / owed, 6) if owed else None
        yield {**whole, "value": value, "due": owed, "on_time": kept}


def _running(
    amounts: ByDay, first: date, last: date, *, opening: int = 0, yearly: bool = False
) -> dict[date, int]:
    found: dict[date, int] = {}
    total = opening
    for day in _days(first, last):
        if yearly and (day.month, day.day) == (1, 1):
            total = 0
        total += amounts.get(day, 0)
        found[day] = total
    return found


def _point(step: Step, **values: Any) -> dict[str, Any]:
    bare = dict.fromkeys(("value", "total", "due", "on_time"))
    return {"label": step.label, "from": step.first, "to": step.last, **bare, **values}


def _expected(goal: Goal, unit: str, aims: Aims, day: date) -> float | None:
    target = aims.target(goal, unit)
    if target is None or goal.kind not in MOVING:
        return number(target)
    days, total = elapsed(day.year, day)
    return number(round(target * days / total, 2))


def _step_of(day: date, step: str) -> tuple[str, date]:
    if step == "day":
        return day.isoformat(), day
    if step == "week":
        year, week, weekday = day.isocalendar()
        return f"{year}-W{week:02}", day + timedelta(days=7 - weekday)
    following = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return f"{day:%Y-%m}", following - timedelta(days=1)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
