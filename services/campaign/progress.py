"""How far the doors of an area, or of a unit's areas, are done, round by round."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, add_up
from infra.units import ROOT, Tree
from services.campaign.areas import Area
from services.campaign.households import Ground

COUNTED = ("doors", "reached", "conversations")


class AreaRound(Base):
    """What was done in one round of an area.

    `doors` that were knocked on, those of them where somebody opened (`reached`), and
    `conversations`. A tally does not tell doors apart: there each knock is a door.
    """

    __tablename__ = "area_round"

    area_id: Mapped[UUID] = mapped_column(ForeignKey(Area.id), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    doors: Mapped[int]
    reached: Mapped[int]
    conversations: Mapped[int]


class Done(NamedTuple):
    """What is new in a round of an area; the fields are AreaRound's."""

    area_id: UUID
    round: int
    doors: int
    reached: int
    conversations: int


def add(session: Session, news: Iterable[Done]) -> None:
    """Add what is new, several of one round together."""
    rows: dict[tuple[UUID, int], dict[str, Any]] = {}
    for done in news:
        row = rows.setdefault(done[:2], {**done._asdict(), **dict.fromkeys(COUNTED, 0)})
        for name in COUNTED:
            row[name] += getattr(done, name)
    add_up(session, AreaRound, list(rows.values()), *COUNTED)


def of_area(session: Session, area: Ground) -> dict[str, Any]:
    """An area, and what was done in its rounds."""
    return {
        "area_id": area.id,
        "unit": area.unit,
        "households": area.households,
        "round": area.round,
        "rounds": rounds(session, area.id, area.households),
    }


def rounds(session: Session, area_id: UUID, households: int) -> list[dict[str, Any]]:
    """An area's rounds in which something was done, the first one first.

    Each with its share of so many households.
    """
    found = select(AreaRound).where(AreaRound.area_id == area_id).order_by(AreaRound.round)
    return [
        _shown(each.round, households, each.doors, each.reached, each.conversations)
        for each in session.scalars(found)
    ]


def of_unit(session: Session, tree: Tree, unit: str) -> dict[str, Any]:
    """The areas of a unit and all below it together: how many, and what was done in each round.

    A round's share is of the households of all the areas, whichever round they are in.
    """
    numbers = select(func.count(), func.coalesce(func.sum(Area.households), 0))
    done = select(AreaRound.round, *(func.sum(getattr(AreaRound, name)) for name in COUNTED))
    done = done.join(Area, Area.id == AreaRound.area_id).group_by(AreaRound.round)
    if unit != ROOT:
        units = tree.subtree(unit)
        numbers, done = (query.where(Area.unit.in_(units)) for query in (numbers, done))
    areas, households = session.execute(numbers.select_from(Area)).one()
    sums = session.execute(done.order_by(AreaRound.round))
    return {
        "unit": unit,
        "areas": areas,
        "households": households,
        "rounds": [_shown(number, households, *counts) for number, *counts in sums],
    }


def _shown(
    number: int, households: int, doors: int, reached: int, conversations: int
) -> dict[str, Any]:
    return {
        "round": number,
        "doors": doors,
        "reached": reached,
        "conversations": conversations,
        # More may be knocked on than there are: a door twice in a tally, or the number was lowered.
        "share": round(min(1.0, doors / households), 4) if households else 0.0,
    }
