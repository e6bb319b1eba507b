"""What the programme has units undertake, by their kind: the list in `data/undertakings.csv`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "undertakings.csv"

LEVELS = {"party": "party", "district": "district", "branch": "branch", "association": "branch"}
"""By the kind of a unit the level whose undertakings are its own."""


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What the units of some levels are to do, once or `yearly`."""

    key: str
    levels: tuple[str, ...]
    yearly: bool


def _read() -> Iterator[Undertaking]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Undertaking(row["key"], tuple(row["levels"].split("|")), row["yearly"] == "yes")


CATALOGUE = {each.key: each for each in _read()}

HELD = {
    kind: sum(level in each.levels for each in CATALOGUE.values()) for kind, level in LEVELS.items()
}
"""By the kind of a unit how many hold for it."""


def level_of(key: str, kind: str) -> str | None:
    """The level at which a unit of that kind undertakes it; None where it does not."""
    level = LEVELS.get(kind)
    known = CATALOGUE.get(key)
    return level if known is not None and level in known.levels else None
