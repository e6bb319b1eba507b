"""The goal board: value, target, status and pace of every goal, for any unit and year."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from infra.units import Tree
from services.metrics import counters, targets
from services.metrics.pace import pace
from services.metrics.programme import GOALS, SHOWN, Goal, Kind
from services.metrics.targets import Aims, number

Measures = Mapping[str, int]


def board(
    session: Session, tree: Tree, unit: str, year: int, today: date, *, past: bool = False
) -> dict[str, Any]:
    """All goals of one unit; Invalid, naming it, for an unknown one.

    With `past` as they were at the end of `today`, a day of that year.
    """
    name = tree.check_known(unit).name
    measures = measures_of(session, [unit], year, today, past=past)[unit]
    aims = targets.aims(session, tree, [unit], year)
    return {
        "unit": unit,
        "name": name,
        "year": year,
        "as_of": min(today, date(year, 12, 31)),
        "goals": [answer(goal, measures, aims, unit, year, today) for goal in GOALS.values()],
        "counters": {name: measures.get(name, 0) for name in SHOWN},
    }


def breakdown(
    session: Session,
    tree: Tree,
    goal: Goal,
    unit: str,
    year: int,
    today: date,
    *,
    past: bool = False,
) -> dict[str, Any]:
    """One goal for the units one level down; `remainder` is what is in none of them.

    `past` as for `board`. Raises Invalid, naming it, for an unknown unit.
    """
    tree.check_known(unit)
    children = tree.children(unit)
    units = [unit, *children]
    measures = measures_of(session, units, year, today, past=past)
    aims = targets.aims(session, tree, units, year)
    rows = [_child(tree, goal, measures[code], aims, code, year, today) for code in children]
    return {
        "key": goal.key,
        "unit": unit,
        "year": year,
        "children": rows,
        "remainder": {
            "value": value_of(goal, _rest(measures[unit], [measures[c] for c in children])),
            "target": _remaining_target(goal, aims, unit, children),
        },
    }


def answer(
    goal: Goal, measures: Measures, aims: Aims, unit: str, year: int, today: date
) -> dict[str, Any]:
    """One goal as the board shows it."""
    value = value_of(goal, measures)
    target = aims.target(goal, unit)
    found = pace(goal, value, target, year, today)
    return {
        "key": goal.key,
        "value": value,
        "target": number(target),
        "local_target": number(aims.local(goal, unit)),
        "status": found.status,
        "expected": number(found.expected),
        "gap": number(found.gap),
        "rate_needed": number(found.rate_needed),
        "forecast": number(found.forecast),
        "baseline": number(aims.baseline(goal, unit)),
        "split": split(goal, measures),
    }


def value_of(goal: Goal, measures: Measures) -> float | int | None:
    """A count; for a share a number from 0 to 1, and None when there is nothing to share."""
    if goal.kind is Kind.SHARE:
        (kind,) = goal.measures
        due = measures.get(f"{kind}.due", 0)
        return round(measures.get(f"{kind}.on_time", 0) / due, 6) if due else None
    return sum(amount for name, amount in measures.items() if goal.counts(name))


def split(goal: Goal, measures: Measures) -> dict[str, int]:
    """What the value is made up of, and for a ceiling what is counted beside it."""
    prefixes = {name.split(".")[0] + "." for name in goal.measures}
    parts = {
        name.split(".", 1)[1]: amount
        for name, amount in sorted(measures.items())
        if name.startswith(tuple(prefixes)) and amount
    }
    if goal.key == "conversations":
        phone, online = parts.get("phone", 0), parts.get("online", 0)
        parts["in_person"] = sum(parts.values()) - phone - online
    return parts


def _child(
    tree: Tree, goal: Goal, measures: Measures, aims: Aims, unit: str, year: int, today: date
) -> dict[str, Any]:
    found = answer(goal, measures, aims, unit, year, today)
    kept = ("value", "target", "local_target", "status")
    return {
        "unit": unit,
        "name": tree.check_known(unit).name,
        **{name: found[name] for name in kept},
    }


def measures_of(
    session: Session, units: list[str], year: int, today: date, *, past: bool = False
) -> dict[str, dict[str, int]]:
    """The measures of each unit in `year`: stocks as of `today`, flows all that is known.

    With `past`, flows too as of `today`: what is of later days is not in them.
    """
    found = counters.years(session, units, year)
    if year == today.year:
        _take_away(found, counters.after_day(session, units, today))
        if past:
            names = {name for measures in found.values() for name in measures}
            _take_away(found, counters.flows_after(session, units, names, today))
    return found


def _take_away(found: dict[str, dict[str, int]], later: Mapping[str, Measures]) -> None:
    for unit, measures in later.items():
        for measure, amount in measures.items():
            found[unit][measure] -= amount


def _rest(whole: Measures, parts: list[dict[str, int]]) -> dict[str, int]:
    return {
        name: amount - sum(part.get(name, 0) for part in parts) for name, amount in whole.items()
    }


def _remaining_target(goal: Goal, aims: Aims, unit: str, children: list[str]) -> float | None:
    target = aims.target(goal, unit)
    if target is None or goal.kind is Kind.SHARE:
        return None
    return number(target - sum(aims.target(goal, child) or 0 for child in children))
