"""What the tests of membership begin with, and how they see what was published."""

import json
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.database import Database
from infra.outbox import OutboxRow
from services.membership import persons
from tests import people

Row = dict[str, Any]


def published(database: Database) -> list[tuple[str, Row]]:
    """The facts that wait for their position: names and data, in order."""
    with database.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        return [(row.name, json.loads(row.body)["data"]) for row in rows]


def forget_published(session: Session) -> None:
    """What follows is seen alone."""
    session.execute(delete(OutboxRow))


def joining(**changes: Any) -> Row:
    """A request to join, as its schema loads it; of somebody else each time."""
    person = people.somebody()
    request: Row = {
        "id": uuid4(),
        "unit": "1280",
        "joined_on": date(2024, 5, 6),
        "source": "digital",
        "prospect_id": None,
        "recruited_by": None,
        "name": person["name"],
        "email": person["email"],
        "phone": persons.phone(person["phone"]),
        "personal_number": None,
        "birth_date": date(1980, 1, 2),
        "union": None,
        "interests": [],
        "competences": [],
        "affiliations": [],
        "paid_until": None,
    }
    return {**request, **changes}


def unit(code: str, kind: str, parent: str | None, **changes: Any) -> Row:
    """A unit of an edition."""
    row = {"code": code, "name": code.title(), "kind": kind, "parent": parent, "population": None}
    return {**row, **changes}


def small_edition() -> list[Row]:
    """An organisation of one party, two districts, three branches, an association, a side one."""
    return [
        unit("SE", "party", None),
        unit("norr", "district", "SE"),
        unit("syd", "district", "SE"),
        unit("0001", "branch", "norr"),
        unit("0002", "branch", "norr"),
        unit("0003", "branch", "syd"),
        unit("0001-by", "association", "0001"),
        unit("ssu", "side_organisation", "SE"),
    ]
