"""Two who begin with something at once, on PostgreSQL: one gets it, both are told the truth."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Conflict, Invalid
from services.membership import assignments, departures, mentorships
from services.membership.exact_tree import ExactTree
from services.membership.vault import Vault
from tests.membership.carried import assigning, member, mentoring, start
from tests.membership.given import Row, published
from tests.membership.heard import follow, met, opened
from tests.membership.racing import during, emptied, migrated
from tests.servers import PostgresServer

LEAVING = {"left_on": date(2024, 9, 1), "reason": "own_request"}


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database of membership on a real server."""
    with migrated(databases, "membership_task_races") as made:
        yield made


@pytest.fixture
def postgresql(shared: Database) -> Database:
    """The database with the small edition and nobody in it."""
    return emptied(shared, "journey", "journey_owed")


def someone(database: Database, vault: Vault) -> UUID:
    """A new member of the branch."""
    return member(database, vault, unit="0003")


def starts(request: Row) -> Callable[[Session], Any]:
    """The work of starting an assignment, as the service does it."""

    def work(session: Session) -> Any:
        tree = ExactTree().as_of(session, hold=True)
        return assignments.start(session, tree, request)

    return work


def welcoming(holder: UUID) -> Row:
    """A request for the one welcome officer of the branch."""
    return assigning(holder, unit="0003", role="welcome_officer")


def test_of_two_who_ask_for_one_post_one_gets_it(postgresql: Database, vault: Vault) -> None:
    one, other = (starts(welcoming(someone(postgresql, vault))) for _ in range(2))

    refused = during(postgresql, one, other).exception()

    assert isinstance(refused, Conflict)
    assert "Another has that post" in refused.detail
    assert [name for name, _ in published(postgresql)] == ["assignment_started"]


def test_of_two_requests_alike_one_is_new(postgresql: Database, vault: Vault) -> None:
    work = starts(welcoming(someone(postgresql, vault)))

    _, new = during(postgresql, work, work).result()

    assert not new
    assert len(published(postgresql)) == 1


def test_of_two_first_assignments_one_is_the_first(postgresql: Database, vault: Vault) -> None:
    holder = someone(postgresql, vault)
    one, other = (starts(assigning(holder, unit="0003")) for _ in range(2))

    during(postgresql, one, other).result()

    assert sorted(data["first"] for _, data in published(postgresql)) == [False, True]


def test_who_is_just_leaving_begins_with_nothing(postgresql: Database, vault: Vault) -> None:
    holder = someone(postgresql, vault)

    def leave(session: Session) -> Any:
        return departures.leave(session, holder, LEAVING)

    refused = during(postgresql, leave, starts(assigning(holder, unit="0003"))).exception()

    assert isinstance(refused, Invalid)
    assert [name for name, _ in published(postgresql)] == ["member_left"]


def test_what_somebody_just_began_with_ends_as_they_leave(
    postgresql: Database, vault: Vault
) -> None:
    holder = someone(postgresql, vault)

    def leave(session: Session) -> Any:
        return departures.leave(session, holder, LEAVING)

    during(postgresql, starts(assigning(holder, unit="0003")), leave).result()

    names = [name for name, _ in published(postgresql)]
    assert names == ["assignment_started", "member_left", "assignment_ended"]


def test_of_two_mentors_at_once_a_mentee_has_one(postgresql: Database, vault: Vault) -> None:
    mentee = someone(postgresql, vault)
    pairs = []
    for _ in range(2):
        mentor = someone(postgresql, vault)
        start(postgresql, assigning(mentor, unit="0003", role="mentor"))
        pairs.append(mentoring(mentor, mentee, unit="0003"))

    def begins(request: Row) -> Callable[[Session], Any]:
        def work(session: Session) -> Any:
            tree = ExactTree().as_of(session, hold=True)
            return mentorships.start(session, tree, request)

        return work

    refused = during(postgresql, begins(pairs[0]), begins(pairs[1])).exception()

    assert isinstance(refused, Conflict)


def test_many_events_of_one_journey_are_taken_over_in_one_statement_each(
    postgresql: Database, vault: Vault
) -> None:
    members = [someone(postgresql, vault) for _ in range(5)]
    events = [
        opened(each, kind)
        for each in members
        for kind in ("digital_introduction", "member_education")
    ]

    follow(postgresql, *events)
    follow(postgresql, *(met(each, date(2024, 5, 20)) for each in events), *events)

    with postgresql.reading() as session:
        owed = session.execute(text("SELECT count(*) FROM journey_owed WHERE version = 2"))
        assert owed.scalar() == 10
