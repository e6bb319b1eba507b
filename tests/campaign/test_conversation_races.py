"""Two at once, on PostgreSQL: one waits for the other, and both are told the truth."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import units
from infra.database import Database
from infra.errors import Conflict
from infra.units import Tree
from services.campaign import conversations
from tests.campaign.reporting import log, made, published, report
from tests.process import eventually
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def database(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on a real server that knows a few units."""
    databases.create_databases(["conversation_races"])
    url = databases.url("conversation_races").replace("postgresql://", "postgresql+psycopg2://")
    database = made(url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def tree(database: Database) -> Tree:
    """The few units."""
    with database.reading() as session:
        return units.load(session)


def during(
    database: Database, first: Callable[[Session], Any], second: Callable[[Session], Any]
) -> Any:
    """Do `first`, start `second` before the first commits; what becomes of the second."""
    begun = threading.Event()

    def later() -> Any:
        with database.writing() as session:
            # As a route does, which looks whose it is before anything is locked.
            begun.set()
            return second(session)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first(session)
            waiting = pool.submit(later)
            assert begun.wait(10)
            eventually(lambda: waiting.done() or waits(database), "the second waits")
            assert not waiting.done()
        return waiting.result(20)


def waits(database: Database) -> bool:
    """Whether a transaction waits for another's lock."""
    with database.reading() as session:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(session.scalar(text(query)))


def events_of(database: Database, *ids: Any) -> list[str]:
    """The names of what was published of some reports."""
    with database.reading() as session:
        told = published(session)
    wanted = {str(each) for each in ids}
    return [name for name, data in told if data["conversation_id"] in wanted]


def voiding(conversation_id: Any, reason: str) -> Callable[[Session], Any]:
    """As the route: whose it is, then taken back."""

    def work(session: Session) -> Any:
        looked_at = conversations.get(session, conversation_id)
        voided, new = conversations.void(session, conversation_id, reason)
        assert voided is looked_at
        return new

    return work


def test_two_take_a_report_back_at_once_and_it_is_taken_back_once(database: Database) -> None:
    with database.writing() as session:
        wanted = log(session).id
    first, again = voiding(wanted, "mistake"), voiding(wanted, "mistake")

    assert during(database, first, again) is False
    assert events_of(database, wanted) == ["conversation_logged", "conversation_voided"]
    with pytest.raises(Conflict), database.writing() as session:
        voiding(wanted, "duplicate")(session)


def test_a_correction_sent_twice_at_once_is_made_once(database: Database, tree: Tree) -> None:
    with database.writing() as session:
        wrong = log(session).id
    right = report(count=7)

    def correcting(session: Session) -> bool:
        conversations.get(session, wrong)
        return conversations.correct(session, tree, wrong, right)[1]

    assert during(database, correcting, correcting) is False
    assert events_of(database, wrong, right["id"]) == [
        "conversation_logged",
        "conversation_voided",
        "conversation_logged",
    ]


def test_two_corrections_at_once_leave_one(database: Database, tree: Tree) -> None:
    with database.writing() as session:
        wrong = log(session).id
    ids = [uuid4(), uuid4()]

    def correcting(number: int) -> Callable[[Session], Any]:
        return lambda session: (
            conversations.get(session, wrong),
            conversations.correct(session, tree, wrong, report(id=ids[number])),
        )

    with pytest.raises(Conflict):
        during(database, correcting(0), correcting(1))
    assert len(events_of(database, wrong, *ids)) == 3


def test_a_correction_whose_id_is_logged_meanwhile_changes_nothing(
    database: Database, tree: Tree
) -> None:
    with database.writing() as session:
        wrong = log(session).id
    right = report(count=7)

    with pytest.raises(Conflict):
        during(
            database,
            lambda session: conversations.log(session, tree, right),
            lambda session: conversations.correct(session, tree, wrong, right),
        )
    assert events_of(database, wrong, right["id"]) == ["conversation_logged"] * 2
    with database.reading() as session:
        assert conversations.get(session, wrong).voided_at is None


def test_a_member_is_forgotten_and_taken_over(database: Database, tree: Tree) -> None:
    gone, merged, into = uuid4(), uuid4(), uuid4()
    with database.writing() as session:
        first = log(session, logged_by=str(gone)).id
        second = log(session, logged_by=str(merged)).id
    with database.writing() as session:
        conversations.forget(session, [gone])
        conversations.take_over(session, merged, into)
    with database.reading() as session:
        assert conversations.get(session, first).logged_by is None
        assert conversations.get(session, second).logged_by == str(into)
