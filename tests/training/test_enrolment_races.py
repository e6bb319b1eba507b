"""Two at one session at once, on PostgreSQL: they take turns, and both are told the truth."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import clock, migrate, units
from infra.database import Database
from infra.errors import Invalid
from services.training import courses, enrolments, sessions
from tests.membership.racing import during
from tests.servers import PostgresServer
from tests.training.facts import UNITS, deliver, left, merged
from tests.training.taught import NOW, course, enrol, join, people, plan, states

NAME = "training_enrolments"
ANNA, BO, CIA = people(3)


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A database of training on a real server."""
    databases.create_databases([NAME])
    url = databases.url(NAME).replace("postgresql://", "postgresql+psycopg2://")
    made = Database(url, "training")
    migrate.upgrade(made.engine, "training")
    with made.writing() as session:
        units.copy(session, UNITS)
    yield made
    made.close()


@pytest.fixture
def database(shared: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same without courses, and with some members."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    tables = "course, course_requirement, course_session, enrolment, completion, outbox"
    with shared.writing() as session:
        session.execute(text(f"TRUNCATE {tables}, obligation, leave_seen, double_seen"))
        join(session, *people(24))
    return shared


def planned(database: Database, capacity: int) -> UUID:
    """A session."""
    with database.writing() as session:
        tree = units.load(session)
        return plan(session, tree, course(session, tree), capacity=capacity).id


def enrolling(session_id: UUID, member_id: UUID) -> Callable[[Session], str]:
    """The work of enrolling, as the route does it; answers the state."""

    def work(session: Session) -> str:
        who = enrolments.hold(session, [member_id])
        held = sessions.get(session, session_id, lock=True)
        return enrolments.enrol(session, held, list(who.values()))[0].state

    return work


def giving_up(session_id: UUID, member_id: UUID) -> Callable[[Session], str]:
    """The work of withdrawing, as the route does it."""

    def work(session: Session) -> str:
        held = sessions.get(session, session_id, lock=True)
        return enrolments.withdraw(session, held, member_id).state

    return work


def found(database: Database, session_id: UUID) -> dict[UUID | None, str]:
    """The states in the session."""
    with database.reading() as session:
        return states(session, sessions.get(session, session_id))


def test_of_two_who_want_the_last_place_one_waits(database: Database) -> None:
    session_id = planned(database, 1)

    second = during(database, enrolling(session_id, ANNA), enrolling(session_id, BO))

    assert second.result() == "waiting"
    assert found(database, session_id) == {ANNA: "enrolled", BO: "waiting"}


def test_of_many_at_once_as_many_get_a_place_as_there_are(database: Database) -> None:
    session_id = planned(database, 5)

    def enrol_one(member_id: UUID) -> str:
        with database.writing() as session:
            return enrolling(session_id, member_id)(session)

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(enrol_one, people(24)))

    assert (got.count("enrolled"), got.count("waiting")) == (5, 19)
    assert list(found(database, session_id).values()) == ["enrolled"] * 5 + ["waiting"] * 19


def test_the_place_that_is_just_given_up_is_had_by_one(database: Database) -> None:
    session_id = planned(database, 1)
    with database.writing() as session:
        enrol(session, sessions.get(session, session_id), ANNA, BO)

    second = during(database, giving_up(session_id, ANNA), enrolling(session_id, CIA))

    assert second.result() == "waiting"
    assert found(database, session_id) == {ANNA: "withdrawn", BO: "enrolled", CIA: "waiting"}


def test_who_leaves_while_being_enrolled_keeps_no_place(database: Database) -> None:
    session_id = planned(database, 1)
    leave = left(NOW.date(), ANNA)

    during(database, enrolling(session_id, ANNA), lambda session: deliver(session, [leave]))
    with pytest.raises(Invalid), database.writing() as session:
        enrolling(session_id, ANNA)(session)

    assert found(database, session_id) == {ANNA: "withdrawn"}


def test_who_turns_out_to_be_another_while_being_enrolled_is_so_once(database: Database) -> None:
    session_id = planned(database, 2)
    with database.writing() as session:
        enrol(session, sessions.get(session, session_id), BO)
    merge = merged(ANNA, BO)

    during(database, enrolling(session_id, ANNA), lambda session: deliver(session, [merge]))

    assert found(database, session_id) == {BO: "enrolled", None: "withdrawn"}


def test_two_courses_do_not_come_to_require_one_another(database: Database) -> None:
    with database.writing() as session:
        tree = units.load(session)
        first, second = (course(session, tree).id for _ in range(2))

    def requiring(one: UUID, other: UUID) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            courses.require(session, courses.get(session, one, lock=True), [other])

        return work

    refused = during(database, requiring(first, second), requiring(second, first))

    assert isinstance(refused.exception(), Invalid)
