"""What the tests of conversations begin with, and how they see what was published."""

from datetime import date
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.campaign import conversations
from services.campaign.conversations import Conversation

Row = dict[str, Any]

DAY = date(2025, 5, 6)
ORGANISATION = [
    ("SE", "party", None),
    ("skane", "district", "SE"),
    ("1280", "branch", "skane"),
    ("1281", "branch", "skane"),
    ("stockholms-lan", "district", "SE"),
    ("0180", "branch", "stockholms-lan"),
    ("0181", "branch", "stockholms-lan"),
    ("ssu", "side_organisation", "SE"),
]
CLOSED = {"0181": date(2025, 1, 1)}


def registered(code: str, kind: str, parent: str | None) -> Event:
    """A unit as membership tells of it."""
    data = {
        "code": code,
        "name": code.title(),
        "kind": kind,
        "parent": parent,
        "population": None,
        "open": code not in CLOSED,
        "version": 1,
        "valid_from": CLOSED.get(code, date(2015, 1, 1)),
    }
    time = "2025-01-01T12:00:00.000000Z"
    return Event(uuid4(), "membership", "membership.unit_registered.v1", time, data, 1, "one")


def made(url: str) -> Database:
    """A migrated database of campaign that knows a few units."""
    database = Database(url, "campaign")
    migrate.upgrade(database.engine, "campaign")
    with database.writing() as session:
        units.copy(session, [registered(*each) for each in ORGANISATION])
    return database


def report(**changes: Any) -> Row:
    """A report as its schema loads it, with an id of its own."""
    return {
        "id": uuid4(),
        "unit": "1280",
        "arena": "door",
        "held_on": DAY,
        "count": 3,
        "campaign_id": None,
        "topics": ["skola"],
        "logged_by": "v-1",
        "workplace": None,
        **changes,
    }


def log(session: Session, **changes: Any) -> Conversation:
    """A new report."""
    conversation, new = conversations.log(session, units.load(session), report(**changes))
    assert new
    return conversation


def published(session: Session, after: int = 0) -> list[tuple[str, Row]]:
    """The names and data of what waits in the outbox, in order, after the first few."""
    bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.id).offset(after))
    found = [orjson.loads(body) for body in bodies]
    return [(each["type"].split(".")[1], each["data"]) for each in found]
