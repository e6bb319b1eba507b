"""Households: the doors of an area, in the order in which they are walked to.

Of a household an opaque reference is known, one in its area, and never who lives there.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, Row, Select, String, func, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, Instant, insert_new, locked
from infra.errors import Invalid, NotFound
from services.campaign import former_members
from services.campaign.areas import Area

RETURN_LATER = "return_later"
OUTCOMES = ("no_answer", "declined", RETURN_LATER, "conversation")
SHOWN = ("reference", "ordinal", "round", "outcome", "visited_at")
FULL = "The area has no more households than these."


class Household(Base):
    """A door of an area, at its place in walking order (`ordinal`, from 1 on without a gap).

    `outcome` is what came of the last visit, in `round` at `visited_at`; `round` is 0 before one.
    """

    __tablename__ = "household"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey(Area.id))
    reference: Mapped[str] = mapped_column(String(64))
    ordinal: Mapped[int]
    round: Mapped[int]
    outcome: Mapped[str | None] = mapped_column(String(20))
    visited_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Ground:
    """An area without its borders: whose it is, how many `households` it has, in which round."""

    id: UUID
    unit: str
    households: int
    round: int


def identity(area_id: UUID, reference: str) -> UUID:
    """The id of the area's household of that reference, listed or not."""
    return uuid5(area_id, reference)


def grounds(
    session: Session, area_ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, Ground]:
    """The areas of these ids, as far as there are any.

    Locked, what is done at their doors waits its turn until the commit, and those who report it
    stay who they are.
    """
    if lock:
        former_members.hold(session)
    query = select(Area.id, Area.unit, Area.households, Area.round).where(Area.id.in_(area_ids))
    # In one order, so that two who want several of the same do not wait for each other.
    query = query.order_by(Area.id)
    rows = session.execute(locked(session, query) if lock else query)
    return {row.id: Ground(*row) for row in rows}


def ground(session: Session, area_id: UUID, *, lock: bool = False) -> Ground:
    """The area of that id; NotFound if there is none."""
    found = grounds(session, [area_id], lock=lock).get(area_id)
    if found is None:
        raise NotFound("There is no such area.")
    return found


def add(session: Session, area: Ground, references: Sequence[str]) -> int:
    """List households after those that are listed, each once; answers how many there are now.

    `area` is locked. Raises Invalid, naming `references`, when it has not so many.
    """
    wanted = {identity(area.id, reference): reference for reference in references}
    there = set(session.scalars(select(Household.id).where(Household.id.in_(wanted))))
    before = listed(session, [area.id])[area.id]
    new = [key for key in wanted if key not in there]
    if before + len(new) > area.households:
        raise Invalid("Too many", {"references": [FULL]})
    rows = [row(area.id, wanted[key], number) for number, key in enumerate(new, start=before + 1)]
    insert_new(session, Household, rows)
    return before + len(rows)


def row(area_id: UUID, reference: str, ordinal: int) -> dict[str, Any]:
    """A household that nobody has visited."""
    return {
        "id": identity(area_id, reference),
        "area_id": area_id,
        "reference": reference,
        "ordinal": ordinal,
        "round": 0,
        "outcome": None,
        "visited_at": None,
    }


def listed(session: Session, area_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many households the areas list."""
    last = select(func.max(Household.ordinal)).where(Household.area_id == Area.id)
    # For each area the end of its index, and not all that is in it.
    query = select(Area.id, last.scalar_subquery().label("last")).where(Area.id.in_(area_ids))
    return {row.id: row.last or 0 for row in session.execute(query)}


def next_doors(session: Session, area: Ground, limit: int) -> list[Row[Any]]:
    """Where to knock next: not visited in the area's round, then those to return to.

    Each of the two in walking order. Of a household its `reference`, and the last visit.
    """
    # Round by round: so each is in the order of the index already, however large the area.
    before = [_in_round(area, number, limit).subquery() for number in range(area.round)]
    every = union_all(*(select(each) for each in before)).order_by("ordinal").limit(limit)
    doors = list(session.execute(every))
    if len(doors) < limit:
        again = _in_round(area, area.round, limit - len(doors))
        doors += session.execute(again.where(Household.outcome == RETURN_LATER))
    return doors


def _in_round(area: Ground, number: int, limit: int) -> Select[Any]:
    """The first households whose last visit was in that round, in walking order."""
    return (
        select(*(getattr(Household, name) for name in SHOWN))
        .where(Household.area_id == area.id, Household.round == number)
        .order_by(Household.ordinal)
        .limit(limit)
    )
