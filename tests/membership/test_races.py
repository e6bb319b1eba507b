"""Two at once, on PostgreSQL: one waits for the other, and both are told the truth."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import migrate
from infra.database import Database
from infra.errors import Conflict, Invalid
from services.membership import members, transfers, units
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.given import joining, published, small_edition, unit
from tests.process import eventually
from tests.servers import PostgresServer

DAY = date(2025, 3, 1)
CLOSING = {"on": DAY, "open": False, "name": None, "parent": None}


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database of membership on a real server."""
    databases.create_databases(["membership_races"])
    url = databases.url("membership_races").replace("postgresql://", "postgresql+psycopg2://")
    made = Database(url, "membership")
    migrate.upgrade(made.engine, "membership")
    yield made
    made.close()


@pytest.fixture
def postgresql(shared: Database) -> Database:
    """The database with the small edition and nobody in it."""
    with shared.writing() as session:
        session.execute(text("TRUNCATE transfer, past_membership, member, unit, outbox"))
        units.load_edition(session, small_edition(), national=False)
        session.execute(text("DELETE FROM outbox"))
    return shared


def during(
    database: Database, first: Callable[[Session], Any], second: Callable[[Session], Any]
) -> Future[Any]:
    """Do `first`, start `second` before the first commits, commit once the second waits for it."""
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first(session)
            begun = threading.Event()
            later = pool.submit(_in_its_own, database, second, begun)
            assert begun.wait(10)
            eventually(lambda: later.done() or _waits(database), "the second waits")
            assert not later.done()
        later.exception(timeout=20)
    return later


def _in_its_own(database: Database, work: Callable[[Session], Any], begun: threading.Event) -> Any:
    with database.writing() as session:
        begun.set()
        return work(session)


def _waits(database: Database) -> bool:
    asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with database.reading() as session:
        return bool(session.scalar(asked))


def join(vault: Vault, **changes: Any) -> Callable[[Session], Any]:
    """The work of joining, as the service does it."""
    request = joining(**{"unit": "0003", **changes})

    def work(session: Session) -> Any:
        tree = units.ExactTree().as_of(session, hold=True)
        return members.join(session, tree, request, vault)

    return work


def close(session: Session) -> Any:
    """The work of closing a branch."""
    return units.change(session, units.take_turn(session), "0003", CLOSING)


def test_nobody_joins_a_unit_that_is_just_being_closed(postgresql: Database, vault: Vault) -> None:
    refused = during(postgresql, close, join(vault)).exception()

    assert isinstance(refused, Invalid)
    assert [name for name, _ in published(postgresql)] == ["unit_changed"]


def test_a_unit_that_somebody_just_joins_is_not_closed(postgresql: Database, vault: Vault) -> None:
    refused = during(postgresql, join(vault), close).exception()

    assert isinstance(refused, Conflict)
    assert [name for name, _ in published(postgresql)] == ["member_joined"]


def test_of_two_with_one_id_one_is_new(postgresql: Database, vault: Vault) -> None:
    work = join(vault)

    _, new = during(postgresql, work, work).result()

    assert not new
    assert [name for name, _ in published(postgresql)] == ["member_joined"]


def test_of_two_transfers_alike_one_is_new(postgresql: Database, vault: Vault) -> None:
    with postgresql.writing() as session:
        member, _ = join(vault)(session)

    def move(session: Session) -> tuple[Member, bool]:
        tree = units.ExactTree().as_of(session, hold=True)
        request = {"unit": "0001", "on": DAY}
        return transfers.transfer(session, tree, member.id, request)

    _, new = during(postgresql, move, move).result()

    assert not new
    assert len(published(postgresql)) == 2


def test_two_editions_at_once_are_loaded_one_after_the_other(postgresql: Database) -> None:
    edition = [*small_edition(), unit("0004", "branch", "syd")]

    def load(session: Session) -> dict[str, int]:
        return units.load_edition(session, edition, national=False)

    counts = during(postgresql, load, load).result()

    assert counts == {"registered": 0, "changed": 0, "closed": 0, "unchanged": 9}
    assert len(published(postgresql)) == 1


def test_of_two_changes_alike_one_is_an_event(postgresql: Database) -> None:
    _, new = during(postgresql, close, close).result()

    assert not new
    assert len(published(postgresql)) == 1
