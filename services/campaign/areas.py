"""Areas: doors to knock on, shared out so that none is knocked on twice."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from shapely import Polygon, prepare
from sqlalchemy import JSON, Double, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import NotFound, Problem
from infra.identity import new_id
from infra.units import Tree, Unit
from services.campaign import polygons

GIVEN = ("unit", "name", "polygon", "households", "exclusive")


class Area(Base):
    """A part of a unit's map with `households` doors, in its `round` of being knocked on.

    `polygon` is GeoJSON; `west` to `north` are the ends of it, in degrees, to look it up by. An
    `exclusive` one crosses no other of its unit. Rounds are counted from 1. `digest` tells whether
    a request is the one that it was made from, whatever was changed since.
    """

    __tablename__ = "area"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    polygon: Mapped[dict[str, Any]] = mapped_column(JSON)
    west: Mapped[float] = mapped_column(Double)
    south: Mapped[float] = mapped_column(Double)
    east: Mapped[float] = mapped_column(Double)
    north: Mapped[float] = mapped_column(Double)
    households: Mapped[int]
    exclusive: Mapped[bool]
    round: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    def mend(self, changes: dict[str, Any]) -> None:
        """Take another `name`, or number of `households`, or both."""
        for name, value in changes.items():
            setattr(self, name, value)


def create(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Area, bool]:
    """Draw an area; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none, and for a polygon that is none or crosses an
    exclusive area of the unit when it is exclusive itself; Conflict when the id is taken.
    """
    shape = polygons.read(request["polygon"]["coordinates"])
    row = {**request, "id": request["id"] or new_id(), "digest": _digest(request)}
    return create_all(
        [row],
        check=lambda row: tree.check_fact(row["unit"], clock.today()),
        insert=lambda rows: _insert(session, rows[0], shape) if rows else {},
        stored=lambda ids: {i: area for i in ids if (area := session.get(Area, i)) is not None},
        same=lambda area, row: area.digest == row["digest"],
    )[0].answer()


def get(session: Session, area_id: UUID, *, lock: bool = False) -> Area:
    """The area with that id; NotFound if there is none. Locked, it is as it is now."""
    query = select(Area).where(Area.id == area_id).execution_options(populate_existing=lock)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such area.")
    return found


def take_turn(session: Session, unit: str) -> None:
    """Hold the unit: whoever else draws an area there, or hands one out, waits for the commit."""
    session.execute(locked(session, select(Unit.code).where(Unit.code == unit)))


def _insert(session: Session, row: dict[str, Any], shape: Polygon) -> dict[UUID, Area | Problem]:
    west, south, east, north = shape.bounds
    row = {**row, "west": west, "south": south, "east": east, "north": north}
    if row["exclusive"]:
        take_turn(session, row["unit"])
        problem = _crossing(session, row, shape)
        if problem is not None:
            return {row["id"]: problem}
    row = {**row, "round": 1, "created_at": clock.now()}
    return {key: Area(**row) for key in insert_new(session, Area, [row])}


def _crossing(session: Session, row: dict[str, Any], shape: Polygon) -> Problem | None:
    near = select(Area.id, Area.polygon).where(
        Area.unit == row["unit"],
        Area.exclusive,
        Area.id != row["id"],
        Area.west < row["east"],
        Area.east > row["west"],
        Area.south < row["north"],
        Area.north > row["south"],
    )
    prepare(shape)
    for area_id, polygon in session.execute(near):
        rings = polygon["coordinates"]
        where = polygons.crossing(shape, Polygon(rings[0], rings[1:]))
        if where is not None:
            return polygons.wrong(f"Crosses the exclusive area {area_id} at {where}.")
    return None


def _digest(request: dict[str, Any]) -> bytes:
    told = [request[name] for name in GIVEN]
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()
