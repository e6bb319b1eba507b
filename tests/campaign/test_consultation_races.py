"""Two at once at a consultation or a conference, on PostgreSQL: one gets it, both are told."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict
from services.campaign import consultation_turns, consultations, planning
from tests.campaign.consulted import HOUR, NOW, answering, ask, migrated, published
from tests.campaign.gatherings import planning_of
from tests.membership.test_races import during
from tests.servers import PostgresServer

NAME = "campaign_consultations"
TABLES = "consultation, consultation_unit, consultation_answer, activity, conference_year, outbox"


@pytest.fixture(scope="module")
def server(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on a real server."""
    databases.create_databases([NAME])
    made = migrated(databases.url(NAME).replace("postgresql://", "postgresql+psycopg2://"))
    yield made
    made.close()


@pytest.fixture
def postgresql(server: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same with nothing in it, at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with server.writing() as session:
        session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    return server


def asked(database: Database, **changes: Any) -> UUID:
    """A consultation."""
    with database.writing() as session:
        return ask(session, **changes).id


def work(consultation_id: UUID, **changes: Any) -> Callable[[Session], Any]:
    """The work of answering, as the service does it."""
    request = answering(**changes)

    def answer(session: Session) -> Any:
        return consultations.answer(session, units.load(session), consultation_id, request)

    return answer


def turn(session: Session) -> bool:
    """What the timer does once."""
    return consultation_turns.turn_one(session, units.load(session))


def told(database: Database) -> list[str]:
    """The names of what was published."""
    with database.reading() as session:
        return [name for name, _ in published(session)]


def test_of_two_answers_of_a_member_at_once_one_is_taken(postgresql: Database) -> None:
    found, member_id = asked(postgresql), uuid4()
    one, other = (work(found, member_id=member_id, option=option) for option in (0, 1))

    assert isinstance(during(postgresql, one, other).exception(), Conflict)
    assert told(postgresql) == ["consultation_opened", "consultation_answered"]


def test_one_answer_sent_twice_at_once_is_taken_once(postgresql: Database) -> None:
    same = work(asked(postgresql), member_id=uuid4())

    assert during(postgresql, same, same).result()[1] is False
    assert told(postgresql) == ["consultation_opened", "consultation_answered"]


def test_the_first_two_answers_at_once_open_it_once(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked(postgresql, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR)
    monkeypatch.setattr(clock, "now", lambda: NOW + HOUR)

    assert during(postgresql, work(found), work(found)).exception() is None
    answered = ["consultation_answered"] * 2
    assert told(postgresql) == ["consultation_opened", *answered]


def test_it_is_closed_once_by_replicas_and_after_the_answer_in_hand(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked(postgresql)
    with postgresql.writing() as session:
        work(found)(session)
        monkeypatch.setattr(clock, "now", lambda: NOW + HOUR)
        with postgresql.writing() as other:
            assert not turn(other)
    with postgresql.writing() as session:
        assert turn(session)
        with postgresql.writing() as other:
            assert not turn(other)

    assert told(postgresql)[1:] == ["consultation_answered", "consultation_closed"]


def test_an_answer_that_waits_for_the_closing_is_refused(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked(postgresql)

    def close(session: Session) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + HOUR)
        assert turn(session)
        # The clock of another replica is behind.
        monkeypatch.setattr(clock, "now", lambda: NOW)

    assert isinstance(during(postgresql, close, work(found)).exception(), Conflict)
    assert told(postgresql) == ["consultation_opened", "consultation_closed"]


def test_of_two_conferences_of_a_year_at_once_one_is_planned(postgresql: Database) -> None:
    def plan(month: int) -> Callable[[Session], Any]:
        starts_at = datetime(2026, month, 20, 8, tzinfo=UTC)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=8)}
        request = planning_of(unit="SE", kind="conference", **times)
        return lambda session: planning.plan(session, units.load(session), request)

    assert isinstance(during(postgresql, plan(5), plan(9)).exception(), Conflict)
    assert told(postgresql) == ["activity_planned"]
