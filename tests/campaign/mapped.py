"""What the tests of areas begin with: a few units and squares on their map; what they see after."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra import clock, migrate, units
from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.campaign import area_assignments, areas, hand_outs
from services.campaign.area_assignments import AreaAssignment
from services.campaign.areas import Area
from tests.servers import PostgresServer

Row = dict[str, Any]

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SIDE = 0.01
"""Of a square, in degrees: some kilometres."""

UNITS = (
    {"code": "SE", "kind": "party", "parent": None},
    {"code": "skane", "kind": "district", "parent": "SE"},
    {"code": "1280", "kind": "branch", "parent": "skane"},
    {"code": "1281", "kind": "branch", "parent": "skane"},
    {"code": "1282", "kind": "branch", "parent": "skane", "open": False},
)


def made(folder: Path) -> Database:
    """A migrated database of campaign, in `folder`, that knows a few units."""
    return _ready(f"sqlite:///{folder}/campaign.db")


def made_on_server(server: PostgresServer, name: str) -> Database:
    """The same on PostgreSQL."""
    server.create_databases([name])
    return _ready(server.url(name).replace("postgresql://", "postgresql+psycopg2://"))


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    """It is `instant` now."""
    monkeypatch.setattr(clock, "now", lambda: instant)


def square(column: float = 0, row: float = 0, side: float = SIDE) -> Row:
    """A square in Skåne; those of whole numbers touch, and don't cross."""
    west, south = 13 + column * SIDE, 55.5 + row * SIDE
    east, north = 13 + (column + side / SIDE) * SIDE, 55.5 + (row + side / SIDE) * SIDE
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def drawing(**changes: Any) -> Row:
    """A request to draw an area, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "unit": "1280",
        "name": "Rosengård",
        "polygon": square(),
        "households": 200,
        "exclusive": True,
    }
    return {**request, **changes}


def draw(database: Database, **changes: Any) -> tuple[Area, bool]:
    """Draw an area as the service does."""
    with database.writing() as session:
        return areas.create(session, units.load(session), drawing(**changes))


def drawn(database: Database, column: int = 0, **changes: Any) -> UUID:
    """A new area."""
    return draw(database, polygon=square(column), **changes)[0].id


def asking(**changes: Any) -> Row:
    """A request for an area for three hours, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "assignee": "volontär 7",
        "until": NOW + 3 * HOUR,
        "mode": "visits",
    }
    return {**request, **changes}


def assign(database: Database, area_id: UUID, **changes: Any) -> tuple[AreaAssignment, bool]:
    """Ask for an area as the service does."""
    with database.writing() as session:
        area = areas.get(session, area_id, lock=True)
        return area_assignments.assign(session, units.load(session), area, asking(**changes))


def release(database: Database, area_id: UUID, **changes: Any) -> tuple[AreaAssignment, bool]:
    """Give an area back as the service does."""
    request = {"assignment_id": None, "reason": None, **changes}
    with database.writing() as session:
        area = areas.get(session, area_id, lock=True)
        return area_assignments.release(session, area, request)


def hand_out(database: Database, **changes: Any) -> tuple[AreaAssignment, bool]:
    """Ask for any area as the service does."""
    with database.writing() as session:
        request = asking(**{"unit": "1280", **changes})
        return hand_outs.hand_out(session, units.load(session), request)


def done(database: Database, work: Callable[[Session], Any]) -> Any:
    """What some work answers, in a transaction of its own."""
    with database.writing() as session:
        return work(session)


def holder(database: Database, area_id: UUID) -> AreaAssignment | None:
    """Who has the area."""
    with database.reading() as session:
        return area_assignments.current(session, area_id)


def published(database: Database, *names: str) -> list[tuple[str, Row]]:
    """The facts that wait for their position, those of some names or all: names and data."""
    with database.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    found = [(row.name, json.loads(row.body)["data"]) for row in rows]
    return [(name, data) for name, data in found if not names or name in names]


def names_published(database: Database, *, forget: bool = False) -> list[str]:
    """The names of those facts; told once, if they are to be forgotten."""
    found = [name for name, _ in published(database)]
    if forget:
        done(database, lambda session: session.execute(delete(OutboxRow)))
    return found


def _ready(url: str) -> Database:
    database = Database(url, "campaign")
    migrate.upgrade(database.engine, "campaign")
    with database.writing() as session:
        units.copy(session, [_registered(each) for each in UNITS])
    return database


def _registered(unit: Row) -> Event:
    common = {"name": unit["code"], "population": None, "open": True, "version": 1}
    data = {**common, "valid_from": date(2015, 1, 1), **unit}
    kind = "membership.unit_registered.v1"
    return Event(uuid4(), "membership", kind, "2026-01-01T00:00:00Z", data, 1, "one")
