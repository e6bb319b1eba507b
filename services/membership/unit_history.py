"""Where each unit has stood, day by day: what a back-dated move is worked out from.

An event tells of a unit that it is so from a day on, whatever was told before of that day and
those after. Where a unit was moved later as well, that is told once more behind a move of an
earlier day: whoever follows the versions comes out as if all had come in the order of their days.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new
from infra.units import Unit


class UnitVersion(Base):
    """What a version of a unit said of its place; of older units the versions begin late."""

    __tablename__ = "unit_version"

    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[date]


class Place(NamedTuple):
    """Below `parent` from `since` on, until the next place."""

    since: date
    parent: str | None


def keep(session: Session, units: Iterable[Unit]) -> None:
    """Keep what the units' present versions say."""
    rows = [
        {"unit": u.code, "version": u.version, "parent": u.parent, "valid_from": u.valid_from}
        for u in units
    ]
    insert_new(session, UnitVersion, rows, "unit")


def places(session: Session, code: str) -> list[Place]:
    """Where the unit has stood, in order of days; the first is where it began, or is known from."""
    query = select(UnitVersion.valid_from, UnitVersion.parent).where(UnitVersion.unit == code)
    found: list[Place] = []
    previous: str | None = ""
    for since, parent in session.execute(query.order_by(UnitVersion.version)):
        if parent != previous:
            found = [*(place for place in found if place.since < since), Place(since, parent)]
        previous = parent
    return found


def to_tell(known: Sequence[Place], on: date, parent: str) -> list[Place]:
    """What is to be told, one version each, so that the unit is below `parent` from the day `on`.

    Until the next of its `known` places, which hold as they did. Nothing where it stood there.
    """
    before = [place for place in known if place.since <= on] or [known[0]]
    if before[-1].parent == parent:
        return []
    later = [place for place in known if place.since > on]
    if later and later[0].parent == parent:
        # It moved there earlier than was known.
        later = later[1:]
    told = [Place(on, parent), *later]
    # What the version before says already is no move: then where it stood is told first.
    return [Place(on, before[-1].parent), *told] if known[-1].parent == parent else told
