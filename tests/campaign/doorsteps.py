"""What the tests of doors begin with: units, areas, who has them; and what they see after."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.creation import Outcome
from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.campaign import areas, households, progress, visits
from services.campaign.area_assignments import AreaAssignment
from services.campaign.areas import Area
from services.campaign.households import Household
from services.campaign.visits import Visit
from tests.servers import PostgresServer

Row = dict[str, Any]

START = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""When areas are assigned here, for a day."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[13.0, 55.59], [13.02, 55.59], [13.02, 55.6], [13.0, 55.6], [13.0, 55.59]]],
}
UNITS = [
    {"code": "SE", "kind": "party", "parent": None},
    {"code": "skane", "kind": "district", "parent": "SE"},
    {"code": "1280", "kind": "branch", "parent": "skane"},
    {"code": "1281", "kind": "branch", "parent": "skane"},
    {"code": "stockholms-lan", "kind": "district", "parent": "SE"},
    {"code": "0180", "kind": "branch", "parent": "stockholms-lan"},
    {"code": "0181", "kind": "branch", "parent": "stockholms-lan", "open": False},
]


def made(folder: Path) -> Database:
    """A migrated database of campaign, in `folder`, that knows a few units."""
    return _ready(f"sqlite:///{folder}/campaign.db")


def made_on_server(server: PostgresServer, name: str) -> Database:
    """The same on PostgreSQL."""
    server.create_databases([name])
    url = server.url_template.replace("{service}", name)
    return _ready(url.replace("postgresql://", "postgresql+psycopg2://"))


def area(session: Session, number: int = 5, unit: str = "1280", current: int = 1) -> UUID:
    """A new area of so many households, in its current round."""
    request: Row = {"id": uuid4(), "unit": "1280", "name": "Rosengård", "polygon": SQUARE}
    request |= {"households": number, "exclusive": False}
    areas.create(session, units.load(session), request)
    made = session.get_one(Area, request["id"])
    # As it is later: in a round, in a unit that may be closed since.
    made.unit, made.round = unit, current
    session.flush()
    return made.id


def assign(session: Session, area_id: UUID, since: datetime = START, **changes: Any) -> UUID:
    """An assignment of the area for a day, ended when that was over."""
    given: Row = {
        "id": uuid4(),
        "area_id": area_id,
        "unit": session.get_one(Area, area_id).unit,
        "assignee": "volontär 7",
        "mode": "visits",
        "round": 1,
        "assigned_at": since,
        "until": since + DAY,
        "ended_at": since + DAY,
        "end_reason": "expired",
    }
    assignment = AreaAssignment(**(given | changes))
    session.add(assignment)
    session.flush()
    return assignment.id


def assigned(database: Database, number: int = 5, **changes: Any) -> UUID:
    """A new area of so many households that was assigned at START."""
    with database.writing() as session:
        area_id = area(session, number)
        assign(session, area_id, **changes)
    return area_id


def visit(area_id: UUID, household: str, outcome: str, hours: float = 1, **changes: Any) -> Row:
    """A visit so many hours after START, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "area_id": area_id,
        "assignment_id": None,
        "household": household,
        "visited_at": START + hours * HOUR,
        "outcome": outcome,
    }
    return request | changes


def log(session: Session, requests: Sequence[Row]) -> list[Outcome[Visit]]:
    """Log visits as the service does."""
    grounds = households.grounds(session, {each["area_id"] for each in requests}, lock=True)
    return visits.log_all(session, units.load(session), grounds, requests)


def logged(database: Database, *requests: Row) -> list[Any]:
    """What became of visits in one call: True for new, False for known, the fields at fault."""
    with database.writing() as session:
        outcomes = log(session, requests)
    return [each.created if each.problem is None else set(each.problem.errors) for each in outcomes]


def doors(database: Database, area_id: UUID) -> dict[str, tuple[int, int, str | None]]:
    """By reference each listed household's ordinal, last round and last outcome."""
    query = select(Household).where(Household.area_id == area_id).order_by(Household.ordinal)
    with database.reading() as session:
        return {h.reference: (h.ordinal, h.round, h.outcome) for h in session.scalars(query)}


def next_doors(database: Database, area_id: UUID, limit: int = 100) -> list[str]:
    """The references of the next doors."""
    with database.reading() as session:
        found = households.next_doors(session, households.ground(session, area_id), limit)
        return [door.reference for door in found]


def rounds(database: Database, area_id: UUID) -> list[tuple[int, ...]]:
    """The number, doors, reached and conversations of each round."""
    with database.reading() as session:
        found = progress.of_area(session, households.ground(session, area_id))["rounds"]
    return [(r["round"], r["doors"], r["reached"], r["conversations"]) for r in found]


def published(database: Database, area_id: UUID) -> list[tuple[str, int, int, int, int]]:
    """The day and the numbers of each visits_logged of the area, in the order of OUTCOMES."""
    found = [data for name, data in _facts(database) if name == "visits_logged"]
    return [
        (data["visited_on"], *(data[name] for name in households.OUTCOMES))
        for data in found
        if data["area_id"] == str(area_id)
    ]


def reported(database: Database) -> list[Row]:
    """The conversations that were logged, whatever they were logged for."""
    return [data for name, data in _facts(database) if name == "conversation_logged"]


def _facts(database: Database) -> list[tuple[str, Row]]:
    with database.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        return [(row.name, json.loads(row.body)["data"]) for row in rows]


def _ready(url: str) -> Database:
    database = Database(url, "campaign")
    migrate.upgrade(database.engine, "campaign")
    with database.writing() as session:
        units.copy(session, [_registered(each) for each in UNITS])
    return database


def _registered(unit: Row) -> Event:
    common = {"name": unit["code"], "population": None, "open": True, "version": 1}
    data = {**common, "valid_from": datetime(2015, 1, 1, tzinfo=UTC).date(), **unit}
    kind = "membership.unit_registered.v1"
    return Event(uuid4(), "membership", kind, "2026-01-01T00:00:00Z", data, 1, "one")
