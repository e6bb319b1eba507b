"""What the tests of wheels begin with: units, templates, wheels, entries, activities."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.units import Tree, Unit
from services.campaign import planning, templates, wheel_entries, wheels
from services.campaign.activities import Activity
from services.campaign.templates import Template
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel
from tests.servers import PostgresServer

Row = dict[str, Any]

UNITS = [
    ("SE", "party", None),
    ("skane", "district", "SE"),
    ("1280", "branch", "skane"),
    ("1281", "branch", "skane"),
    ("1280-by", "association", "1280"),
    ("stockholms-lan", "district", "SE"),
    ("0180", "branch", "stockholms-lan"),
    ("ssu", "side_organisation", "SE"),
]
PHASES = [
    {"name": "Lyssna", "from_on": date(2027, 1, 1), "to_on": date(2027, 12, 31)},
    {"name": "Valrörelse", "from_on": date(2030, 1, 1), "to_on": date(2030, 9, 8)},
]


@contextmanager
def opened(folder: Path) -> Iterator[Session]:
    """One transaction on a database of campaign that knows a few units."""
    database = ready(f"sqlite:///{folder}/campaign.db")
    with database.writing() as session:
        yield session
    database.close()


def ready(url: str) -> Database:
    """A migrated database that knows a few units."""
    made = Database(url, "campaign")
    migrate.upgrade(made.engine, "campaign")
    with made.writing() as session:
        units.changed(session)
        for code, kind, parent in UNITS:
            session.add(
                Unit(
                    code=code,
                    name=code.title(),
                    kind=kind,
                    parent=parent,
                    population=None,
                    open=True,
                    version=1,
                    valid_from=date(2015, 1, 1),
                )
            )
    return made


def on_server(server: PostgresServer, name: str) -> Database:
    """The same on PostgreSQL."""
    server.create_databases([name])
    url = server.url_template.replace("{service}", name)
    return ready(url.replace("postgresql://", "postgresql+psycopg2://"))


def tree(session: Session) -> Tree:
    """The few units."""
    return units.load(session)


def templating(**changes: Any) -> Row:
    """A request for a template, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "unit": "SE",
        "kind": "theme_meeting",
        "title": "Öppet möte om skolan",
        "material": "# Så gör ni\nBjud in grannarna.",
        "links": [{"title": "Affisch", "url": "https://example.se/affisch"}],
    }
    return {**request, **changes}


def template(session: Session, **changes: Any) -> Template:
    """A new template."""
    return templates.add(session, tree(session), templating(**changes))[0]


def planning_wheel(**changes: Any) -> Row:
    """A request for a wheel over a term, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "unit": "SE",
        "title": "Årshjul 2027 till 2030",
        "starts_on": date(2027, 1, 1),
        "ends_on": date(2030, 12, 31),
        "phases": PHASES,
        "conference_id": None,
    }
    return {**request, **changes}


def wheel(session: Session, **changes: Any) -> Wheel:
    """A new wheel."""
    return wheels.plan(session, tree(session), planning_wheel(**changes))[0]


def filling(template_id: UUID, **changes: Any) -> Row:
    """A request for an entry, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "template_id": template_id,
        "version": None,
        "title": "Temamöte i mars",
        "phase": "Lyssna",
        "from_on": date(2027, 3, 1),
        "to_on": date(2027, 3, 31),
        "units": ["SE"],
        "unit_kind": None,
    }
    return {**request, **changes}


def entry(session: Session, wheel_id: UUID, **changes: Any) -> WheelEntry:
    """A new entry, of a template of its own unless one is given."""
    template_id = changes.pop("template_id", None) or template(session).id
    request = filling(template_id, **changes)
    return wheel_entries.add(session, tree(session), wheel_id, request)[0]


def published(session: Session, wheel_id: UUID) -> Wheel:
    """The wheel, seen by all."""
    made = wheel_entries.publish(session, wheel_id)
    session.flush()
    return made


def adapting(**changes: Any) -> Row:
    """A request to adapt an entry, as its schema loads it."""
    names = ("title", "material", "links", "from_on", "to_on")
    return {**dict.fromkeys(names), "dropped": False, **changes}


def activity(session: Session, status: str = "planned", **changes: Any) -> Activity:
    """A new activity, that is planned or has become something else."""
    starts_at = changes.get("starts_at", datetime(2027, 3, 15, 17, tzinfo=UTC))
    request: Row = {
        "id": uuid4(),
        "unit": "1280",
        "kind": "theme_meeting",
        "title": "Skolan på torget",
        "mode": "physical",
        "link": None,
        "open": None,
        "closed_reason": None,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "limit": None,
        "entry_id": None,
        "leader": None,
        "partners": [],
        "other_partners": [],
        "areas": [],
        **changes,
    }
    made = planning.plan(session, tree(session), request)[0]
    stored = session.get_one(Activity, made.id)
    stored.status = status
    session.flush()
    return stored
