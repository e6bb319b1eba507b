"""What the tests of campaigns begin with, and how they see what was published."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.campaign import campaigns, conversations, workplaces

Row = dict[str, Any]

TODAY = date(2026, 11, 18)
"""A Wednesday, of the week 2026-W47."""

START = date(2026, 9, 1)

ORGANISATION = [
    ("SE", "party", None),
    ("skane", "district", "SE"),
    ("1280", "branch", "skane"),
    ("1280-rosengard", "association", "1280"),
    ("1281", "branch", "skane"),
    ("stockholms-lan", "district", "SE"),
    ("0180", "branch", "stockholms-lan"),
    ("0181", "branch", "stockholms-lan"),
    ("ssu", "side_organisation", "SE"),
]
CLOSED = {"0181": date(2026, 10, 1)}


def registered(code: str, kind: str, parent: str | None, version: int = 1) -> Event:
    """A unit as membership tells of it."""
    data = {
        "code": code,
        "name": code.title(),
        "kind": kind,
        "parent": parent,
        "population": None,
        "open": code not in CLOSED,
        "version": version,
        "valid_from": CLOSED.get(code, date(2015, 1, 1)),
    }
    time = "2026-03-01T12:00:00.000000Z"
    return Event(uuid4(), "membership", "membership.unit_registered.v1", time, data, 1, "one")


def made(url: str) -> Database:
    """A migrated database of campaign that knows a few units."""
    database = Database(url, "campaign")
    migrate.upgrade(database.engine, "campaign")
    with database.writing() as session:
        units.copy(session, [registered(*each) for each in ORGANISATION])
    return database


def made_in(folder: Path) -> Database:
    """The same in a file of that folder."""
    return made(f"sqlite:///{folder}/campaign.db")


def campaign(session: Session, **changes: Any) -> UUID:
    """A new campaign of the party."""
    return created(session, **changes)[0].id


def created(session: Session, **changes: Any) -> tuple[campaigns.Campaign, bool]:
    """What comes of a request to create a campaign."""
    request = {
        "id": uuid4(),
        "unit": "SE",
        "name": "Höstens samtal",
        "method": "listen",
        "starts_on": START,
        "ends_on": None,
        "topics": [],
    }
    return campaigns.create(session, units.load(session), {**request, **changes})


def workplace(session: Session, name: str, unit: str = "1280") -> None:
    """A workplace on the list."""
    request = {"id": uuid4(), "unit": unit, "name": name}
    workplaces.add(session, units.load(session), request)


def report(**changes: Any) -> Row:
    """A report of one conversation today, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "unit": "1280",
        "arena": "door",
        "held_on": TODAY,
        "count": 1,
        "campaign_id": None,
        "topics": [],
        "logged_by": None,
        "workplace": None,
    }
    return {**request, **changes}


def log(session: Session, **changes: Any) -> UUID:
    """The id of what is logged."""
    return conversations.log(session, units.load(session), report(**changes))[0].id


def published(session: Session, name: str) -> list[Row]:
    """The data of the facts of that name that wait for their position, in order."""
    rows = session.scalars(select(OutboxRow).where(OutboxRow.name == name).order_by(OutboxRow.id))
    return [orjson.loads(row.body)["data"] for row in rows]
