"""What the first run of the demo settled: kept, so that a later run only adds what is new."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import click
import orjson

FILE = "demo.json"


@dataclass(frozen=True)
class Record:
    """Which demo this installation plays, from which year on, since which day."""

    scale: float
    seed: int
    first_year: int
    imported_on: date


def settle(home: Path, scale: float, seed: int, today: date, *, empty: bool) -> Record:
    """The record of the first run, or a new one if there was none or nothing is left of it.

    `empty` says that there are no members. Another scale or seed than the first is refused: the
    two demos would add up.
    """
    path = home / FILE
    fresh = Record(scale, seed, today.year - 1, today)
    known = None if empty else _read(path)
    if known is None:
        home.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(asdict(fresh)))
        return fresh
    if (known.scale, known.seed) != (scale, seed):
        raise click.ClickException(
            f"The demo is played here at scale {known.scale} with seed {known.seed} already: "
            "use the same, or another SAMTAL_HOME."
        )
    return known


def _read(path: Path) -> Record | None:
    if not path.exists():
        return None
    found = orjson.loads(path.read_bytes())
    return Record(**{**found, "imported_on": date.fromisoformat(found["imported_on"])})
