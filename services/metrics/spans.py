"""When something holds: from a day on, until another or until now."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

Span = tuple[date, date | None]
"""The first day, and the first that is none any more, if it has come or is known."""


def steps(spans: Iterable[Span]) -> Iterator[tuple[date, int]]:
    """The days on which any of the spans begins to hold (1), and on which none does any more (−1).

    One that ends before it begins, or on that day, holds never.
    """
    changes: Counter[date] = Counter()
    for first, end in spans:
        if end is None or first < end:
            changes[first] += 1
            if end is not None:
                changes[end] -= 1
    holding = 0
    for day in sorted(changes):
        before, holding = holding, holding + changes[day]
        if (before > 0) != (holding > 0):
            yield day, 1 if holding else -1
