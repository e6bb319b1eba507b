"""Where a goal will be at the year's end, and how sure that is: arithmetic, and one read of days.

By the shape of earlier years, once there is one: what share of their totals they had reached by
this day, since conversations come in waves. Else by a straight line.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import fmean, pvariance
from typing import Any

from sqlalchemy.orm import Session

from services.metrics import series
from services.metrics.pace import elapsed
from services.metrics.programme import Goal, is_election_year
from services.metrics.series import MOVING, ByDay

EARLIER = 8
"""Years back that a shape is looked for: two terms."""

SURE = 1.96
"""Standard deviations to each side within which 95 % lie."""


@dataclass(frozen=True)
class Forecast:
    """The year's total as foreseen, `by` "line" or "shape", between `low` and `high`.

    By a shape these are what the slowest and the fastest of at least two earlier years would
    make of it; by a line, 95 % of what days that vary as those so far would add up to. None where
    it cannot be told.
    """

    value: float | None = None
    by: str | None = None
    low: float | None = None
    high: float | None = None

    def answer(self) -> dict[str, Any]:
        """As one goal shows it."""
        return {
            "forecast": self.value,
            "forecast_by": self.by,
            "forecast_low": self.low,
            "forecast_high": self.high,
        }


def of_goal(
    session: Session, goal: Goal, unit: str, year: int, today: date, *, past: bool = False
) -> Forecast:
    """The forecast of a flow or ceiling; an empty one for what is no sum of a year's days.

    With `past`, as what was counted for the days after `today` would not be known.
    """
    if goal.kind not in MOVING:
        return Forecast()
    first = date(year - EARLIER, 1, 1)
    last = today if past else date(year, 12, 31)
    amounts = series.by_day(session, unit, goal.measures, first, last)
    return forecast(goal, amounts, year, today)


def forecast(goal: Goal, amounts: ByDay, year: int, today: date) -> Forecast:
    """As `of_goal`, from what was counted on each day of `year` and of those before it.

    What is counted for days to come already is in it. Nothing is foreseen of a year that has not
    begun; of one that is over, its total.
    """
    value = sum(amount for day, amount in amounts.items() if day.year == year)
    days, total = elapsed(year, today)
    if not days:
        return Forecast()
    if days == total:
        return Forecast(value, "line", value, value)
    reached = _reached(goal, amounts, year, days / total)
    if reached:
        return _by_shape(value, reached)
    first = date(year, 1, 1)
    so_far = [amounts.get(first + timedelta(days=n), 0) for n in range(days)]
    return _by_line(value, so_far, total)


def _by_shape(value: int, reached: Sequence[float]) -> Forecast:
    found = round(value / fmean(reached), 1)
    if len(reached) == 1:
        return Forecast(found, "shape")
    low, high = sorted(round(value / share, 1) for share in (max(reached), min(reached)))
    return Forecast(found, "shape", low, high)


def _by_line(value: int, so_far: Sequence[int], total: int) -> Forecast:
    days = len(so_far)
    found = round(value / days * total, 1)
    if days == 1:
        return Forecast(found, "line")
    # Of the days to come, and of the mean, which is known from the days so far alone.
    left = total - days
    spread = SURE * sqrt(pvariance(so_far) * days / (days - 1) * (left + left * left / days))
    return Forecast(found, "line", round(max(value, found - spread), 1), round(found + spread, 1))


def _reached(goal: Goal, amounts: ByDay, year: int, part: float) -> list[float]:
    """The shares of their totals that earlier years of the same kind had reached by this day.

    None, as if there were no such year, where one had not begun by then: what is to come cannot
    be told from nothing.
    """
    earlier: Mapping[int, list[tuple[date, int]]] = _by_year(amounts)
    shares = [
        _share(found, round(part * elapsed(other, date(other, 12, 31))[1]))
        for other, found in sorted(earlier.items())
        if other < year and _alike(goal, other, year)
    ]
    known = [share for share in shares if share is not None]
    return known if known and min(known) > 0 else []


def _by_year(amounts: ByDay) -> Mapping[int, list[tuple[date, int]]]:
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for day, amount in amounts.items():
        found[day.year].append((day, amount))
    return found


def _share(amounts: Sequence[tuple[date, int]], days: int) -> float | None:
    whole = sum(amount for _, amount in amounts)
    if whole <= 0:
        return None
    return sum(amount for day, amount in amounts if day.timetuple().tm_yday <= days) / whole


def _alike(goal: Goal, other: int, year: int) -> bool:
    return goal.key != "conversations" or is_election_year(other) == is_election_year(year)
