"""A join in one statement, on PostgreSQL: the same as any other, or nothing at all."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Conflict
from services.membership import joins, members, units
from services.membership.exact_tree import ExactTree
from services.membership.schemas.members import MemberAnswer
from services.membership.vault import Vault
from tests.membership.given import Row, joining, published
from tests.membership.racing import during, emptied, migrated
from tests.servers import PostgresServer

CLOSING = {"on": date(2025, 3, 1), "open": False, "name": None, "parent": None}
ANSWER = MemberAnswer()


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database of membership on a real server."""
    with migrated(databases, "membership_at_once") as made:
        yield made


@pytest.fixture
def postgresql(shared: Database) -> Database:
    """The database with the small edition and nobody in it."""
    return emptied(shared)


def seen(database: Database) -> ExactTree:
    """The tree as a service has it in memory."""
    tree = ExactTree()
    with database.reading() as session:
        tree.as_of(session)
    return tree


def at_once(vault: Vault, tree: ExactTree, request: Row) -> Callable[[Session], Any]:
    """The work of joining, as the service begins it."""
    return lambda session: joins.join_at_once(session, *tree.last_seen(), request, vault)


def close(session: Session) -> Any:
    """The work of closing a branch."""
    return units.change(session, units.take_turn(session), "0003", CLOSING)


def test_who_joins_at_once_is_stored_told_and_answered_as_anybody(
    postgresql: Database, vault: Vault
) -> None:
    request = joining(unit="0003", interests=["skola"], paid_until=clock.today())
    with postgresql.at_once() as session:
        shown = at_once(vault, seen(postgresql), request)(session)
    with postgresql.writing() as session:
        tree = ExactTree().as_of(session, hold=True)
        again, new = joins.join(session, tree, request, vault)

    assert not new
    assert ANSWER.dump(shown) == ANSWER.dump(again)
    assert members.opened(vault, again)["email"] == request["email"]
    told = {"member_id": str(request["id"]), "unit": "0003", "joined_on": "2024-05-06"}
    data = {**told, "source": "digital", "rejoined": False}
    assert published(postgresql) == [("member_joined", data)]


def test_whom_only_the_longer_way_knows_does_not_join_at_once(
    postgresql: Database, vault: Vault
) -> None:
    tree = seen(postgresql)
    known = joining(unit="0003")
    with postgresql.writing() as session:
        at_once(vault, tree, known)(session)
    tomorrow = clock.today() + timedelta(days=1)
    others = [
        known,
        {**known, "id": uuid4()},
        joining(unit="0003", prospect_id=uuid4()),
        joining(unit="0003", id=None, personal_number="198001021230"),
        joining(unit="0003", joined_on=tomorrow),
        joining(unit="0003", interests=["okänt"]),
        joining(unit="syd"),
    ]

    for request in others:
        with postgresql.writing() as session:
            assert at_once(vault, tree, request)(session) is None

    assert len(published(postgresql)) == 1


def test_nobody_joins_at_once_a_unit_that_is_just_being_closed(
    postgresql: Database, vault: Vault
) -> None:
    work = at_once(vault, seen(postgresql), joining(unit="0003"))

    assert during(postgresql, close, work).result() is None
    assert [name for name, _ in published(postgresql)] == ["unit_changed"]


def test_a_unit_that_somebody_just_joins_at_once_is_not_closed(
    postgresql: Database, vault: Vault
) -> None:
    work = at_once(vault, seen(postgresql), joining(unit="0003"))

    assert isinstance(during(postgresql, work, close).exception(), Conflict)
    assert [name for name, _ in published(postgresql)] == ["member_joined"]


def test_of_two_with_one_id_at_once_one_joins(postgresql: Database, vault: Vault) -> None:
    work = at_once(vault, seen(postgresql), joining(unit="0003"))

    assert during(postgresql, work, work).result() is None
    assert [name for name, _ in published(postgresql)] == ["member_joined"]
