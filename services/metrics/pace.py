"""Pace and status of a goal on a day: arithmetic only."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date

from services.metrics.programme import Goal, Kind


@dataclass(frozen=True)
class Pace:
    """How a goal is doing.

    `expected` so far, `gap` (expected less value: above 0 is behind, for a ceiling the other way
    round), `rate_needed` a day from tomorrow on to reach the target, `forecast` for the year's end
    by a straight line. None where it means nothing: without a target, or for a stock or a share.
    """

    status: str
    expected: float | None
    gap: float | None
    rate_needed: float | None
    forecast: float | None


def elapsed(year: int, today: date) -> tuple[int, int]:
    """The days of `year` that have begun by `today`, and all its days."""
    total = 366 if isleap(year) else 365
    return max(0, min(total, (today - date(year, 1, 1)).days + 1)), total


def pace(goal: Goal, value: float | None, target: float | None, year: int, today: date) -> Pace:
    """The pace of `goal` in `year` as of `today`.

    A share of nothing has no value: there is nothing to meet, nor to be behind with.
    """
    days, total = elapsed(year, today)
    moving = goal.kind in (Kind.FLOW, Kind.CEILING)
    forecast = round(value / days * total, 1) if moving and value is not None and days else None
    if target is None:
        status = "no_baseline" if goal.kind is Kind.CEILING else "no_target"
        return Pace(status, None, None, None, forecast)
    expected = round(target * days / total, 2) if moving else target
    status = _status(goal, value, target, expected, over=today > date(year, 12, 31))
    if value is None:
        return Pace(status, expected, None, None, None)
    gap = round(expected - value, 4)
    left = total - days
    needed = round(max(0.0, target - value) / left, 2) if goal.kind is Kind.FLOW and left else None
    return Pace(status, expected, gap, needed, forecast)


def _status(goal: Goal, value: float | None, target: float, expected: float, *, over: bool) -> str:
    if value is None:
        return "no_target"
    if goal.kind is Kind.CEILING:
        if value > target:
            return "missed"
        if over:
            return "met"
        return "on_pace" if value <= expected else "behind"
    if value > target or (value == target and not goal.beyond):
        return "met"
    if over:
        return "missed"
    return "on_pace" if goal.kind is Kind.FLOW and value >= expected else "behind"
