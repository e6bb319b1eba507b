"""Areas: doors to knock on, shared out so that none is knocked on twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, Instant, locked
from infra.errors import NotFound


class Area(Base):
    """A part of a unit's map with `households` doors, in its `round` of being knocked on.

    `polygon` is GeoJSON; `west` to `north` are the ends of it, in degrees, to look it up by. An
    `exclusive` one crosses no other of its unit.
    """

    __tablename__ = "area"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    polygon: Mapped[dict[str, Any]] = mapped_column(JSON)
    west: Mapped[float]
    south: Mapped[float]
    east: Mapped[float]
    north: Mapped[float]
    households: Mapped[int]
    exclusive: Mapped[bool]
    round: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)


def get(session: Session, area_id: UUID, *, lock: bool = False) -> Area:
    """The area with that id; NotFound if there is none."""
    query = select(Area).where(Area.id == area_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such area.")
    return found
