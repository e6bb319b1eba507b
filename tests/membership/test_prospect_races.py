"""Prospects and countings on PostgreSQL, two at once: both are told the truth."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Conflict
from services.membership import (
    asks,
    countings,
    funnel,
    joins,
    prospect_keeping,
    recruiting,
    segments,
)
from services.membership.exact_tree import ExactTree
from services.membership.prospects import Prospect
from services.membership.segments import Tally
from services.membership.vault import Vault
from tests.membership.curious import asking, register, stored
from tests.membership.given import joining, published
from tests.membership.racing import during, emptied, migrated
from tests.servers import PostgresServer

DAY = date(2024, 4, 1)
TODAY = date(2025, 6, 1)
NOW = datetime(2025, 6, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database of membership on a real server."""
    with migrated(databases, "membership_prospects") as made:
        yield made


@pytest.fixture
def postgresql(shared: Database) -> Database:
    """The database with the small edition and nobody in it."""
    with shared.writing() as session:
        session.execute(text("UPDATE counting SET run = 0, shown = 0"))
        session.execute(text("UPDATE counting SET counted_on = NULL, begun_at = NULL"))
    return emptied(shared, "prospect_ask", "prospect", "segment_count")


def test_of_two_who_join_as_one_prospect_one_does(postgresql: Database, vault: Vault) -> None:
    prospect = register(postgresql, vault, unit="0003")

    def join(session: Session) -> bool:
        tree = ExactTree().as_of(session, hold=True)
        request = joining(unit="0003", prospect_id=prospect.id)
        return joins.join_all(session, tree, [request], vault)[0].created

    assert during(postgresql, join, join).result() is False
    assert stored(postgresql, prospect.id).status == "joined"


def test_nobody_is_asked_who_is_just_joining(postgresql: Database, vault: Vault) -> None:
    prospect = register(postgresql, vault, unit="0003")

    def join(session: Session) -> None:
        tree = ExactTree().as_of(session, hold=True)
        joins.join(session, tree, joining(unit="0003", prospect_id=prospect.id), vault)

    def ask(session: Session) -> None:
        asks.ask(session, prospect.id, asking(DAY))

    refused = during(postgresql, join, ask).exception()

    assert isinstance(refused, Conflict)
    assert stored(postgresql, prospect.id).asks == 0


def test_two_asks_at_once_are_both_counted(postgresql: Database, vault: Vault) -> None:
    prospect = register(postgresql, vault, unit="0003")

    def ask(session: Session) -> None:
        asks.ask(session, prospect.id, asking(DAY))

    during(postgresql, ask, ask).result()

    assert stored(postgresql, prospect.id).asks == 2


def test_two_replicas_delete_different_prospects(postgresql: Database, vault: Vault) -> None:
    for _ in range(4):
        register(postgresql, vault, unit="0003")
    with postgresql.writing() as first, postgresql.writing() as second:
        counts = [prospect_keeping.delete_old(each, DAY, 3) for each in (first, second)]

    assert counts == [3, 1]


def test_a_batch_of_prospects_joins_and_is_listed_counted_and_forgotten(
    postgresql: Database, vault: Vault
) -> None:
    found = [register(postgresql, vault, unit="0003") for _ in range(6)]
    waiting = register(postgresql, vault, unit="0001", email="kvar@example.se", phone=None)
    requests = [joining(unit="0003", prospect_id=each.id, joined_on=DAY) for each in found[:5]]
    with postgresql.writing() as session:
        tree = ExactTree().as_of(session, hold=True)
        asks.ask(session, found[0].id, asking(date(2024, 3, 11)))
        joins.join_all(session, tree, requests, vault)
        mark = {"mark": vault.index("email", "nyfiken@example.se")}
        session.execute(text("UPDATE member SET email_mark = :mark"), mark)
    query = {"unit": "SE", "status": None, "limit": 10, "cursor": None}
    with postgresql.writing() as session:
        listed = recruiting.recruits(session, tree, query).items
        (source,) = funnel.funnel(session, tree, "SE")["sources"]
        prospect_keeping.forget(session, requests[0]["id"])
        statuses = session.scalars(select(Prospect.status).order_by(Prospect.status)).all()

    assert [each.id for each in listed] == [waiting.id]
    assert (source["joined"], source["days_to_ask"], source["days_to_join"]) == (5, 10, 21)
    assert statuses == ["deleted", *["joined"] * 5, "registered"]


def test_one_of_two_replicas_counts(postgresql: Database, vault: Vault) -> None:
    with postgresql.writing() as session:
        tree = ExactTree().as_of(session, hold=True)
        requests = [joining(unit="0003", birth_date=date(2000, 1, 1)) for _ in range(6)]
        requests += [joining(unit="0003", interests=["skola"]) for _ in range(9)]
        joins.join_all(session, tree, requests, vault)
        session.execute(text("DELETE FROM outbox"))

    def begin(session: Session) -> int | None:
        return countings.begin(session, TODAY, NOW)

    assert during(postgresql, begin, begin).result() is None
    with postgresql.writing() as session:
        tally = Tally(TODAY, 30)
        tally.count(segments.some_members(session, segments.FIRST, 100), vault)
        for rows in tally.shown(tree):
            segments.keep(session, 1, rows)
        assert countings.finish(session, tree, 1, TODAY)
        found = countings.of_unit(session, "syd")

    assert (found["young"], [row.word for row in found["interests"]]) == (6, ["skola"])
    told = [(data["unit"], data["count"]) for _, data in published(postgresql)]
    assert told == [("SE", 6), ("syd", 6)]
