"""Households: the doors of an area, in the order in which they are walked to.

Of a household an opaque reference is known, one in its area, and never who lives there.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, Instant, insert_new, locked
from infra.errors import Invalid, NotFound
from services.campaign.areas import Area

RETURN_LATER = "return_later"
OUTCOMES = ("no_answer", "declined", RETURN_LATER, "conversation")
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

    Locked, what is done at their doors waits its turn until the commit.
    """
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
    before = listed(session, [area.id]).get(area.id, 0)
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
    """How many households the areas list; those with none are left out."""
    last = select(Household.area_id, func.max(Household.ordinal).label("last")).group_by(
        Household.area_id
    )
    of_these = last.where(Household.area_id.in_(area_ids)).group_by(Household.area_id)
    found = session.execute(of_these)
    return {row.area_id: row.last for row in found}


def next_doors(session: Session, area: Ground, limit: int) -> Sequence[Household]:
    """Where to knock next: not visited in the area's round, then those to return to.

    Each of the two in walking order.
    """
    visited = Household.round == area.round
    return session.scalars(
        select(Household)
        .where(
            Household.area_id == area.id,
            or_(Household.round < area.round, Household.outcome == RETURN_LATER),
        )
        .order_by(visited, Household.ordinal)
        .limit(limit)
    ).all()
