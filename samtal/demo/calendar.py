"""The demo's year: which days weigh how much, and how totals are spread exactly."""

import math
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

WEEKDAYS = (1.0, 1.0, 1.0, 1.0, 0.6, 1.8, 1.4)
"""From Monday on: volunteers have evenings, and above all weekends."""

CAMPAIGN_WEEKS = (9, 17, 21, 38, 46)
ELECTION_SPAN = 14.0
"""Days before the election in which the conversations a day grow e-fold."""


def is_election_year(year: int) -> bool:
    """Whether there is a general election: 2018, 2022, 2026 and every fourth year."""
    return year % 4 == 2


def election_day(year: int) -> date:
    """The second Sunday of September."""
    first = date(year, 9, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7)


def days_of(year: int) -> list[date]:
    """Every day of the year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month: 31 August + 6 is in February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def conversation_weight(day: date) -> float:
    """How many conversations volunteers have on that day, relative to a plain Monday."""
    weight = WEEKDAYS[day.weekday()]
    if day.month == 7 or (day.month, day.day) > (12, 19) or (day.month, day.day) < (1, 7):
        weight *= 0.25
    if is_election_year(day.year):
        return weight * _election_weight((election_day(day.year) - day).days)
    return weight * (2.5 if day.isocalendar().week in CAMPAIGN_WEEKS else 1.0)


def joining_weight(day: date) -> float:
    """How many join on that day, relative to a plain one: more around an election."""
    until = (election_day(day.year) - day).days if is_election_year(day.year) else 999
    return 2.0 if -14 <= until <= 60 else 1.0


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """`total` over the weights, in order: sums exactly, and no stretch is far from its part."""
    whole = math.fsum(weights)
    parts, reached, given = [], 0.0, 0
    for weight in weights:
        reached += weight
        upto = round(total * min(reached / whole, 1.0))
        parts.append(upto - given)
        given = upto
    parts[-1] += total - given
    return parts


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` by largest remainder: sums exactly, nobody is a whole unit from their part."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    rest = [total * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-rest[index], index))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts


def _election_weight(days_left: int) -> float:
    if days_left < 0:
        return 0.3
    return 1.0 + 14.0 * math.exp(-days_left / ELECTION_SPAN)
