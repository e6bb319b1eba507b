"""Units beside their like: units of one kind in four classes of size, by their members."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from infra import clock
from infra.units import Node, Tree
from services.metrics import goals, series
from services.metrics.programme import GOALS, Goal, Kind
from services.metrics.series import MOVING

CLASSES = 4
"""Quartiles: the first has the fewest members."""


@dataclass(frozen=True)
class Standing:
    """One unit's numbers; `rate` is what it is compared by: see `likes`."""

    members: int
    value: float | None
    rate: float | None


Likes = Mapping[str, Standing]


def likes(
    session: Session, tree: Tree, goal: Goal, node: Node, year: int, today: date
) -> list[dict[str, Standing]]:
    """All open units of the kind of `node`, and it, class by class.

    Flows and ceilings are compared per 1,000 members, stocks and shares by their value.
    """
    codes = [each.code for each in tree if each.kind == node.kind and (each.open or each == node)]
    measures = goals.measures_of(session, codes, year, today)
    return by_size({code: _standing(goal, measures[code]) for code in codes})


def by_size(units: Likes) -> list[dict[str, Standing]]:
    """The units cut into CLASSES of as many each, or one more; ties by their codes."""
    ordered = sorted(units, key=lambda code: (units[code].members, code))
    found: list[dict[str, Standing]] = [{} for _ in range(CLASSES)]
    for place, code in enumerate(ordered):
        found[place * CLASSES // len(ordered)][code] = units[code]
    return found


def middle(like: Likes) -> float | None:
    """The median of the rates in a class; None where none has a rate."""
    rates = [each.rate for each in like.values() if each.rate is not None]
    return round(median(rates), 4) if rates else None


def comparison(
    session: Session, tree: Tree, goal: Goal, unit: str, year: int, today: date
) -> dict[str, Any]:
    """A unit beside its size class, and beside itself on the same day of the year before.

    `rank` 1 is the best of those that have a rate: the highest, for a ceiling the lowest.
    Raises Invalid, naming it, for an unknown unit, or a goal that is not counted day by day.
    """
    node = tree.check_known(unit)
    series.check_counted(goal)
    classes = likes(session, tree, goal, node, year, today)
    number, like = next((n, found) for n, found in enumerate(classes, 1) if unit in found)
    own = like[unit]
    as_of = min(today, date(year, 12, 31))
    return {
        "key": goal.key,
        "unit": unit,
        "name": node.name,
        "year": year,
        "as_of": as_of,
        "value": own.value,
        "members": own.members,
        "per_1000_members": per_1000(own.value, own.members) if goal.kind in MOVING else None,
        "size_class": _class(node.kind, number, like),
        "compared_by": "per_1000_members" if goal.kind in MOVING else "value",
        "median": middle(like),
        "rank": _rank(goal, own, like),
        "last_year": _last_year(session, goal, unit, as_of) if as_of.year == year else None,
    }


def per_1000(value: float | None, members: int) -> float | None:
    """A value per 1,000 members; None where there are none."""
    return round(value / members * 1000, 4) if value is not None and members > 0 else None


def _standing(goal: Goal, measures: Mapping[str, int]) -> Standing:
    members = int(goals.value_of(GOALS["members_total"], measures) or 0)
    value = goals.value_of(goal, measures)
    return Standing(members, value, per_1000(value, members) if goal.kind in MOVING else value)


def _class(kind: str, number: int, like: Likes) -> dict[str, Any]:
    members = [each.members for each in like.values()]
    return {
        "kind": kind,
        "number": number,
        "units": len(like),
        "fewest_members": min(members),
        "most_members": max(members),
    }


def _rank(goal: Goal, own: Standing, like: Likes) -> int | None:
    if own.rate is None:
        return None
    sign = -1 if goal.kind is Kind.CEILING else 1
    rates = [each.rate for each in like.values() if each.rate is not None]
    return 1 + sum(sign * rate > sign * own.rate for rate in rates)


def _last_year(session: Session, goal: Goal, unit: str, as_of: date) -> dict[str, Any]:
    day = clock.add_months(as_of, -12)
    return {"as_of": day, "value": series.up_to(session, goal, unit, day)}
