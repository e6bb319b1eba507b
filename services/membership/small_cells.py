"""Which counts of people may be shown, unit by unit, so that nothing tells of a few.

What is guaranteed of one cell (such as: the young) on one day: whatever group of units is worked
out by adding and subtracting what is shown of them, it is of no people at all, or its count is at
least LEAST, and so is what is left of each whole that the count is a part of (the members, whom
anybody who may list them can count). Differences between two days are not guarded against.
"""

from collections.abc import Mapping

from infra.units import ROOT, Tree
from services.membership.events.segments import LEAST_SHOWN as LEAST

Numbers = tuple[int, ...]
"""A count, and after it the wholes that it is a part of."""


def shown(tree: Tree, numbers: Mapping[str, Numbers]) -> dict[str, int]:
    """The counts that may be shown, by unit; `numbers` are of each unit with all below it.

    From the top: a unit that is hidden hides all below it. Of the children of a shown one the
    small are hidden, and then the next smallest, until what they and the unit itself have
    together is no small cell either.
    """
    found: dict[str, int] = {}
    waiting = [ROOT] if _may_be_shown(numbers.get(ROOT, (0,))) else []
    while waiting:
        unit = waiting.pop()
        found[unit] = numbers[unit][0]
        waiting += _shown_below(tree, unit, numbers)
    return found


def _shown_below(tree: Tree, unit: str, numbers: Mapping[str, Numbers]) -> list[str]:
    children = [c for c in tree.children(unit) if c in numbers and _may_be_shown(numbers[c])]
    children.sort(key=lambda child: numbers[child][0], reverse=True)
    rest = numbers[unit]
    for child in children:
        rest = tuple(all_ - part for all_, part in zip(rest, numbers[child], strict=True))
    while any(rest) and not _may_be_shown(rest):
        hidden = numbers[children.pop()]
        rest = tuple(left + part for left, part in zip(rest, hidden, strict=True))
    return children


def _may_be_shown(numbers: Numbers) -> bool:
    count, *wholes = numbers
    return count >= LEAST and all(whole - count >= LEAST for whole in wholes)
