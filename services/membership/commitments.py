"""Commitments: what the programme has party, districts and branches undertake, and who has done it.

The undertakings are `data/commitments.csv`: the table of the reform programme. Those of a branch
are its associations' too.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Node, Tree
from services.membership.events.commitments import CommitmentFulfilled

TABLE = Path(__file__).parent / "data" / "commitments.csv"
LEVELS = {"party": "party", "district": "district", "branch": "branch", "association": "branch"}
"""By the kind of a unit the level whose undertakings are its own."""

ONCE = 0
"""Stands for the year of what is not to be done each year."""


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What the units of some levels are to do, once or `yearly`."""

    key: str
    levels: tuple[str, ...]
    yearly: bool
    undertaking: str

    @property
    def reform(self) -> str:
        """Which of the five reforms it belongs to."""
        return self.key.split(".")[0]


def _read() -> Iterator[Undertaking]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            levels = tuple(row["levels"].split("|"))
            yield Undertaking(row["key"], levels, row["yearly"] == "yes", row["undertaking"])


CATALOGUE = {each.key: each for each in _read()}
REFORMS = tuple(dict.fromkeys(each.reform for each in CATALOGUE.values()))


class Commitment(Base):
    """That a unit has done what it undertook; `year` is ONCE unless it is to do so each year."""

    __tablename__ = "commitment"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fulfilled_on: Mapped[date]


def fulfil(session: Session, tree: Tree, unit: str, key: str, day: date) -> Commitment:
    """Note that a unit fulfilled a commitment on a day; once, or once each year.

    Raises NotFound for an unknown commitment, Invalid for a unit of another level or a day that
    cannot be, Conflict when it was fulfilled, in that year, on another day.
    """
    wanted = undertaking(key)
    row = {"unit": unit, "key": key, "year": day.year if wanted.yearly else ONCE}
    identity = tuple(row.values())
    if session.get(Commitment, identity) is None:
        _check(tree, wanted, unit, day)
        if insert_new(session, Commitment, [{**row, "fulfilled_on": day}], "unit"):
            outbox.append(session, CommitmentFulfilled(unit, key, day))
    stored = session.get_one(Commitment, identity)
    if stored.fulfilled_on != day:
        raise Conflict("It was fulfilled before, on another day.")
    return stored


def undertaking(key: str) -> Undertaking:
    """The undertaking of that key; NotFound if there is none."""
    if key not in CATALOGUE:
        raise NotFound("There is no such commitment.")
    return CATALOGUE[key]


def listed(session: Session, tree: Tree, query: dict[str, Any], year: int) -> list[dict[str, Any]]:
    """What a unit, and the units one level below it, undertake, and how far they are in a year.

    `fulfilled_on` is the unit's own day, where the undertaking is its `own`; `children` is how many
    open units below have it, `children_fulfilled` how many of these have done it. What is done
    once is shown in every year from then on. Raises Invalid for an unknown unit.
    """
    unit = tree.check_known(query["unit"])
    below = [node for code in tree.children(unit.code) if (node := tree.get(code)) and node.open]
    done = _done(session, [unit.code, *(node.code for node in below)], year)
    shown = [
        _shown(each, unit, below, done[each.key])
        for each in CATALOGUE.values()
        if query["reform"] in (None, each.reform)
    ]
    return [row for row in shown if row["own"] or row["children"]]


def _shown(
    each: Undertaking, unit: Node, below: Sequence[Node], done: dict[str, date]
) -> dict[str, Any]:
    theirs = [node.code for node in below if LEVELS.get(node.kind) in each.levels]
    return {
        "key": each.key,
        "reform": each.reform,
        "levels": each.levels,
        "yearly": each.yearly,
        "undertaking": each.undertaking,
        "own": LEVELS.get(unit.kind) in each.levels,
        "fulfilled_on": done.get(unit.code),
        "children": len(theirs),
        "children_fulfilled": sum(code in done for code in theirs),
    }


def _done(session: Session, units: Sequence[str], year: int) -> dict[str, dict[str, date]]:
    """By key and unit the day of what is fulfilled in a year, or for good by its end."""
    known = select(Commitment.key, Commitment.unit, Commitment.fulfilled_on).where(
        Commitment.unit.in_(units),
        or_(Commitment.year == year, Commitment.year == ONCE),
        Commitment.fulfilled_on <= date(year, 12, 31),
    )
    found: dict[str, dict[str, date]] = defaultdict(dict)
    for key, unit, day in session.execute(known):
        found[key][unit] = day
    return found


def _check(tree: Tree, wanted: Undertaking, unit: str, day: date) -> None:
    if day > clock.today():
        raise Invalid("Not yet", {"fulfilled_on": ["The day is in the future."]})
    if LEVELS.get(tree.check_known(unit).kind) not in wanted.levels:
        levels = ", ".join(wanted.levels)
        raise Invalid("Not theirs", {"unit": [f"It is undertaken by: {levels}."]})
    tree.check_fact(unit, day)
