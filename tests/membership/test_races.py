"""Two at once, on PostgreSQL: one waits for the other, and both are told the truth."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Conflict, Invalid
from services.membership import (
    duplicates,
    joins,
    marks,
    members,
    merging,
    rejoining,
    transfers,
    units,
    vocabulary,
)
from services.membership.exact_tree import ExactTree
from services.membership.marks import Duplicate
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.given import joining, published, small_edition, unit
from tests.membership.racing import during, emptied, migrated
from tests.servers import PostgresServer

DAY = date(2025, 3, 1)
CLOSING = {"on": DAY, "open": False, "name": None, "parent": None}


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database of membership on a real server."""
    with migrated(databases, "membership_races") as made:
        yield made


@pytest.fixture
def postgresql(shared: Database) -> Database:
    """The database with the small edition and nobody in it."""
    return emptied(shared)


def join(vault: Vault, **changes: Any) -> Callable[[Session], Any]:
    """The work of joining, as the service does it."""
    request = joining(**{"unit": "0003", **changes})

    def work(session: Session) -> Any:
        tree = ExactTree().as_of(session, hold=True)
        return joins.join(session, tree, request, vault)

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


NUMBER = "198001021230"


def test_of_two_who_are_one_person_one_joins(postgresql: Database, vault: Vault) -> None:
    first, second = (join(vault, id=uuid4(), personal_number=NUMBER) for _ in range(2))

    refused = during(postgresql, first, second).exception()

    assert isinstance(refused, Duplicate)
    assert set(refused.errors) == {"personal_number"}
    assert [name for name, _ in published(postgresql)] == ["member_joined"]


def test_of_two_batches_with_one_person_in_both_each_other_item_joins(
    postgresql: Database, vault: Vault
) -> None:
    def batch(session: Session) -> Any:
        alike = {"personal_number": NUMBER, "unit": "0003"}
        requests = [joining(unit="0003"), joining(**alike), joining(unit="0003")]
        tree = ExactTree().as_of(session, hold=True)
        return joins.join_all(session, tree, requests, vault)

    outcomes = during(postgresql, batch, batch).result()

    assert [outcome.created for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].problem, Duplicate)
    assert len(published(postgresql)) == 5


def test_of_two_members_who_tell_the_same_number_one_has_it(
    postgresql: Database, vault: Vault
) -> None:
    with postgresql.writing() as session:
        both = [join(vault)(session)[0] for _ in range(2)]

    def tell(member: Member) -> Callable[[Session], Any]:
        told = {**vault.unseal(member.personal), "personal_number": NUMBER}
        return lambda session: marks.renew(session, vault, member.id, told)

    refused = during(postgresql, tell(both[0]), tell(both[1])).exception()

    assert isinstance(refused, Conflict)


def test_of_two_merges_alike_one_is_new(postgresql: Database, vault: Vault) -> None:
    with postgresql.writing() as session:
        mistake, into = (join(vault)(session)[0] for _ in range(2))

    def merge(session: Session) -> Any:
        return merging.merge(session, vault, mistake.id, into.id, str)

    again = during(postgresql, merge, merge).result()

    assert again[1] is False
    assert [name for name, _ in published(postgresql)][2:] == ["member_merged"]


def test_probable_duplicates_are_listed_page_by_page(postgresql: Database, vault: Vault) -> None:
    family = {"email": "familjen@example.se"}
    with postgresql.writing() as session:
        ids = sorted(join(vault, **family)(session)[0].id for _ in range(3))
        duplicates.tell_apart(session, {"first": ids[1], "second": ids[0]}, str)

    with postgresql.reading() as session:
        tree = ExactTree().as_of(session)
        query = {"unit": "syd", "limit": 1, "cursor": None}
        first = duplicates.pairs(session, tree, query)
        second = duplicates.pairs(session, tree, {**query, "cursor": first.next})

    found = [(pair.first, pair.second, pair.email) for pair in (*first.items, *second.items)]
    assert found == [(ids[0], ids[2], 1), (ids[1], ids[2], 1)]
    assert second.next is None


def test_of_two_transfers_alike_one_is_new(postgresql: Database, vault: Vault) -> None:
    with postgresql.writing() as session:
        member, _ = join(vault)(session)

    def move(session: Session) -> tuple[Member, bool]:
        tree = ExactTree().as_of(session, hold=True)
        request = {"unit": "0001", "on": DAY}
        return transfers.transfer(session, tree, member.id, request)

    _, new = during(postgresql, move, move).result()

    assert not new
    assert len(published(postgresql)) == 2


def test_of_two_rejoins_alike_one_is_new(postgresql: Database, vault: Vault) -> None:
    with postgresql.writing() as session:
        member, _ = join(vault)(session)
        members.leave(session, member.id, {"left_on": DAY, "reason": "unpaid"})

    def rejoin(session: Session) -> tuple[Member, bool]:
        tree = ExactTree().as_of(session, hold=True)
        request = {"unit": "0001", "joined_on": DAY, "source": "digital"}
        return rejoining.rejoin(session, tree, member.id, request)

    _, new = during(postgresql, rejoin, rejoin).result()

    assert not new
    names = [name for name, _ in published(postgresql)]
    assert names == ["member_joined", "member_left", "member_joined"]


def test_of_two_who_add_a_word_one_does(postgresql: Database) -> None:
    def add(session: Session) -> Any:
        return vocabulary.add(session, {"kind": "interest", "word": "cykling", "label": None})

    _, new = during(postgresql, add, add).result()

    assert not new


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
