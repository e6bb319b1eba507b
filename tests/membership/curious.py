"""Prospects for tests: as their schema loads them, and stored."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from infra.database import Database
from services.membership import asks, prospects, units
from services.membership.asks import Ask
from services.membership.prospects import Prospect
from services.membership.vault import Vault
from tests.membership.given import Row

CONSENT = datetime(2024, 3, 1, 12, tzinfo=UTC)
CONSENT_DAY = date(2024, 3, 1)


def registering(**changes: Any) -> Row:
    """A request to register, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "unit": "1280",
        "consent_at": CONSENT,
        "source": "conversation",
        "interests": [],
        "conversation_id": None,
        "activity_id": None,
        "name": "Nyfiken Nilsson",
        "email": "nyfiken@example.se",
        "phone": "0701234567",
        "union": None,
        "birth_year": None,
    }
    return {**request, **changes}


def register(database: Database, vault: Vault, **changes: Any) -> Prospect:
    """A prospect who is stored."""
    with database.writing() as session:
        tree = units.take_turn(session)
        prospect, _ = prospects.register(session, tree, registering(**changes), vault)
    return prospect


def asking(asked_on: date, **changes: Any) -> Row:
    """A request to record an ask, as its schema loads it."""
    return {"id": None, "asked_on": asked_on, "by": "v-1", "answer": None, **changes}


def ask(database: Database, prospect_id: UUID, asked_on: date, **changes: Any) -> tuple[Ask, bool]:
    """Record an ask."""
    with database.writing() as session:
        return asks.ask(session, prospect_id, asking(asked_on, **changes))


def decline(database: Database, prospect_id: UUID, on: date) -> tuple[Prospect, bool]:
    """Note that the prospect declined."""
    with database.writing() as session:
        return prospects.decline(session, prospect_id, {"declined_on": on})


def stored(database: Database, prospect_id: UUID) -> Prospect:
    """The row, whatever its status."""
    with database.reading() as session:
        found = session.get(Prospect, prospect_id)
    assert found is not None
    return found
