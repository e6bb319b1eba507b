"""What the tests of the member panel begin with."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from infra import clock
from infra.database import Database
from services.membership import drawing, joins, panel, units
from services.membership.exact_tree import ExactTree
from services.membership.panel import Wave
from services.membership.vault import Vault
from tests.membership.given import Row, forget_published, joining

TODAY = clock.today()


def people(database: Database, vault: Vault, count: int, unit: str) -> list[UUID]:
    """New members of a unit, whose events are gone."""
    with database.writing() as session:
        requests = [joining(unit=unit) for _ in range(count)]
        outcomes = joins.join_all(session, units.take_turn(session), requests, vault)
        forget_published(session)
    return [outcome.answer()[0].id for outcome in outcomes]


def wave(database: Database, **changes: Any) -> Wave:
    """A planned wave, open today."""
    request = {
        "id": uuid4(),
        "name": "Våren",
        "opens_on": TODAY,
        "closes_on": TODAY + timedelta(days=14),
        "sample": None,
    }
    with database.writing() as session:
        return panel.plan(session, {**request, **changes})[0]


def invite(
    database: Database, wave_id: UUID, size: int, seed: int = 1
) -> list[tuple[UUID, str]] | None:
    """Draw members; their tokens."""
    with database.writing() as session:
        tree = ExactTree().as_of(session)
        return drawing.invite(session, tree, wave_id, {"seed": seed, "size": size})[1]


def tokens(database: Database, wave_id: UUID, size: int, seed: int = 1) -> list[str]:
    """The tokens of a new draw."""
    told = invite(database, wave_id, size, seed)
    assert told is not None
    return [token for _, token in told]


def said(**changes: Any) -> Row:
    """What an answer says."""
    given = {
        "participated": True,
        "rewarding": 4,
        "voice_matters": 5,
        "influence_local": 3,
        "influence_regional": 2,
        "influence_national": 1,
    }
    return {**given, **changes}


def answer(database: Database, token: str, **changes: Any) -> None:
    """Answer with a token."""
    with database.writing() as session:
        panel.answer(session, token, said(**changes))


def close(database: Database, wave_id: UUID) -> Wave:
    """Close a wave."""
    with database.writing() as session:
        return panel.close(session, wave_id)


def closing_on(day: date) -> Row:
    """The days of a wave that ends then."""
    return {"opens_on": day - timedelta(days=3), "closes_on": day}
