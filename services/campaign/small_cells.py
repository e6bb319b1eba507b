"""Which counts of answers may be shown, unit by unit and option by option, and tell of no few.

What is guaranteed of one day: whatever group of units is worked out by adding and subtracting
what is shown of them, and whatever group of options, it is of nobody, or at least LEAST of them
answered so. A unit's counts are shown together or not at all. Differences between two instants
are not guarded against.
"""

from collections.abc import Mapping

from infra.units import ROOT, Tree

LEAST = 5
"""The smallest count that is shown."""

Counts = tuple[int, ...]
"""How many chose each option."""

Shown = tuple[int | None, ...]
"""The same; None is hidden."""


def shown(tree: Tree, counts: Mapping[str, Counts]) -> dict[str, Shown]:
    """What may be shown, by unit; `counts` are of each unit with all below it.

    An option that few chose in the whole is hidden everywhere, and with it the next smallest, until
    those hidden are no few together. From the top, a unit with a small count is then hidden with
    all below it, and the next smallest beside it.
    """
    whole = counts.get(ROOT, ())
    options = _options(whole)
    if not options:
        return {}
    rows = {unit: _as_rows(each, options) for unit, each in counts.items()}
    found = []
    waiting = [ROOT]
    while waiting:
        unit = waiting.pop()
        found.append(unit)
        waiting += _below(tree, unit, rows)
    return {unit: _masked(counts[unit], options) for unit in found}


def _options(whole: Counts) -> set[int]:
    """The options that are shown."""
    options = sorted(range(len(whole)), key=whole.__getitem__, reverse=True)
    hidden: list[int] = []
    while options and (whole[options[-1]] < LEAST or (hidden and sum(hidden) < LEAST)):
        hidden.append(whole[options.pop()])
    return set(options)


def _as_rows(counts: Counts, options: set[int]) -> Counts:
    """The counts of the options shown, and of those hidden together if there are any."""
    each = [counts[option] for option in sorted(options)]
    hidden = [sum(counts) - sum(each)] if len(options) < len(counts) else []
    return tuple(each + hidden)


def _below(tree: Tree, unit: str, rows: Mapping[str, Counts]) -> list[str]:
    """The children of a shown unit that are shown."""
    children = [c for c in tree.children(unit) if c in rows and _may_be_shown(rows[c])]
    children.sort(key=lambda child: sum(rows[child]), reverse=True)
    rest = rows[unit]
    for child in children:
        rest = tuple(all_ - part for all_, part in zip(rest, rows[child], strict=True))
    while any(rest) and not _may_be_shown(rest):
        hidden = rows[children.pop()]
        rest = tuple(left + part for left, part in zip(rest, hidden, strict=True))
    return children


def _may_be_shown(row: Counts) -> bool:
    return all(count >= LEAST for count in row)


def _masked(counts: Counts, options: set[int]) -> Shown:
    return tuple(n if option in options else None for option, n in enumerate(counts))
