"""What the tests of consultations, policy inputs and conferences begin with."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.campaign import consultations
from services.campaign.consultations import Answer, Consultation

Row = dict[str, Any]
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNITS = (
    ("SE", "party", None),
    ("norr", "district", "SE"),
    ("syd", "district", "SE"),
    ("0001", "branch", "norr"),
    ("0002", "branch", "norr"),
    ("0003", "branch", "syd"),
    ("0001-by", "association", "0001"),
    ("ssu", "side_organisation", "SE"),
)


def migrated(url: str) -> Database:
    """A database of campaign that knows a few units."""
    database = Database(url, "campaign")
    migrate.upgrade(database.engine, "campaign")
    with database.writing() as session:
        units.copy(session, [registered(*unit) for unit in UNITS])
    return database


@cache
def _template() -> bytes:
    with TemporaryDirectory() as folder:
        migrated(f"sqlite:///{folder}/campaign.db").close()
        return (Path(folder) / "campaign.db").read_bytes()


def sqlite(folder: Path) -> Database:
    """The same in a folder; migrated once for all tests."""
    (folder / "campaign.db").write_bytes(_template())
    return Database(f"sqlite:///{folder}/campaign.db", "campaign")


def registered(code: str, kind: str, parent: str | None, **changes: Any) -> Event:
    """A unit as it was registered, or has changed."""
    unit = {"code": code, "name": code.title(), "kind": kind, "parent": parent, "population": None}
    since = {"open": True, "version": 1, "valid_from": date(2015, 1, 1)}
    data = {**unit, **since, **changes}
    kind = "membership.unit_registered.v1"
    return Event(uuid4(), "membership", kind, "2015-01-01T00:00:00Z", data, 1, "one")


def published(session: Session) -> list[tuple[str, Row]]:
    """The facts that wait for their position: names and data, in order."""
    session.flush()
    rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    return [(row.name, json.loads(row.body)["data"]) for row in rows]


def asking(**changes: Any) -> Row:
    """A request to ask all members, open from an hour ago to an hour from now."""
    request = {
        "id": None,
        "unit": "SE",
        "question": "Vad är viktigast i höst?",
        "options": ["Skolan", "Vården", "Jobben"],
        "units": None,
        "opens_at": NOW - HOUR,
        "closes_at": NOW + HOUR,
    }
    return {**request, **changes}


def ask(session: Session, **changes: Any) -> Consultation:
    """A new consultation."""
    return consultations.ask(session, units.load(session), asking(**changes))[0]


def answering(**changes: Any) -> Row:
    """A request to answer, of another member each time."""
    return {"id": None, "member_id": uuid4(), "unit": "0001", "option": 0, **changes}


def answer(session: Session, consultation_id: UUID, **changes: Any) -> Answer:
    """A new answer."""
    tree = units.load(session)
    return consultations.answer(session, tree, consultation_id, answering(**changes))[0]


def answer_all(session: Session, consultation_id: UUID, unit: str, counts: Sequence[int]) -> None:
    """So many answers of a unit for each option."""
    tree = units.load(session)
    for option, count in enumerate(counts):
        for _ in range(count):
            request = answering(unit=unit, option=option)
            consultations.answer(session, tree, consultation_id, request)
