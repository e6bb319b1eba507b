"""What the tests of activities begin with, and how they see what was published."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.outbox import OutboxRow
from infra.units import Unit
from services.campaign import attendances, planning, signups
from services.campaign.activities import Activity
from services.campaign.signups import Signup

Row = dict[str, Any]

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
ANNA = UUID("11111111-1111-4111-8111-111111111111")
BO = UUID("22222222-2222-4222-8222-222222222222")
CILLA = UUID("33333333-3333-4333-8333-333333333333")
UNITS = (
    ("SE", "party", None, True),
    ("skane", "district", "SE", True),
    ("1280", "branch", "skane", True),
    ("1281", "branch", "skane", False),
    ("ssu", "side_organisation", "SE", True),
)


def made(url: str) -> Database:
    """A migrated database of campaign that knows a few units."""
    database = Database(url, "campaign")
    migrate.upgrade(database.engine, "campaign")
    with database.writing() as session:
        for code, kind, parent, is_open in UNITS:
            about = {"name": code, "population": None, "version": 1, "open": is_open}
            day = date(2015, 1, 1)
            session.add(Unit(code=code, kind=kind, parent=parent, valid_from=day, **about))
    return database


def embedded(folder: Path) -> Database:
    """The same in a file."""
    return made(f"sqlite:///{folder}/campaign.db")


def planning_of(**changes: Any) -> Row:
    """A request to plan an activity of tomorrow evening, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "unit": "1280",
        "kind": "theme_meeting",
        "title": "Skolan i Malmö",
        "mode": "physical",
        "link": None,
        "starts_at": datetime(2026, 6, 2, 16, tzinfo=UTC),
        "ends_at": datetime(2026, 6, 2, 18, tzinfo=UTC),
        "open": None,
        "closed_reason": None,
        "limit": None,
        "entry_id": None,
        "leader": None,
        "partners": [],
        "other_partners": [],
        "areas": [],
    }
    return {**request, **changes}


def plan(session: Session, **changes: Any) -> Activity:
    """A planned activity, as a route would take it."""
    tree = units.load(session)
    activity, _ = planning.plan(session, tree, planning_of(**changes))
    return session.get_one(Activity, activity.id)


def past(**changes: Any) -> Row:
    """The times of an activity that was yesterday evening."""
    times = {
        "starts_at": datetime(2026, 5, 31, 16, tzinfo=UTC),
        "ends_at": datetime(2026, 5, 31, 18, tzinfo=UTC),
    }
    return {**times, **changes}


def sign_up(session: Session, activity: Activity, **changes: Any) -> Signup:
    """A sign-up, of a new member unless somebody is named."""
    request = {"id": uuid4(), "member_id": None, "prospect_id": None, "remote": None, **changes}
    if request["member_id"] is None and request["prospect_id"] is None:
        request["member_id"] = uuid4()
    signup, _ = signups.sign_up(session, activity, request)
    return session.get_one(Signup, signup.id)


def came(session: Session, activity: Activity, *members: UUID, **changes: Any) -> None:
    """Who came, as a route would say it."""
    request = {"members": list(members), "guests": None, "held_on": None, **changes}
    attendances.record(session, activity, request)


def published(session: Session) -> list[tuple[str, Row]]:
    """The names and data of what waits for its position, in order."""
    rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
    return [(row.name, json.loads(row.body)["data"]) for row in rows]


def names(session: Session) -> list[str]:
    """The names alone."""
    return [name for name, _ in published(session)]
