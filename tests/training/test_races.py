"""Several replicas at work at once, on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest

from infra import migrate
from infra.database import Database
from infra.event import Event
from services.training import due, offers
from tests.process import eventually
from tests.servers import PostgresServer
from tests.training.facts import EDUCATION, INTRODUCTION, deliver, joined, left, states

NAME = "training_races"
JOINED = date(2026, 1, 31)
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A database of training on PostgreSQL."""
    databases.create_databases([NAME])
    url = databases.url_template.replace("{service}", NAME)
    made = Database(url.replace("postgresql://", "postgresql+psycopg2://"), "training")
    migrate.upgrade(made.engine, "training")
    yield made
    made.close()


def hear(database: Database, events: list[Event]) -> None:
    """One batch in a transaction of its own."""
    with database.writing() as session:
        deliver(session, events)


@pytest.mark.parametrize("join_first", [True, False])
def test_a_join_and_its_leave_in_two_replicas_at_once_end_cancelled(
    shared: Database, databases: PostgresServer, join_first: bool
) -> None:
    member = uuid4()
    first, second = [joined(JOINED, member)], [left(date(2026, 3, 1), member)]
    if not join_first:
        first, second = second, first
    with ThreadPoolExecutor(1) as other:
        with shared.writing() as session:
            deliver(session, first)
            answer = other.submit(hear, shared, second)
            eventually(lambda: databases.execute(WAITING, database=NAME) == "1", "the other waits")
        answer.result(timeout=20)
    with shared.reading() as session:
        assert states(session, member) == {INTRODUCTION: "cancelled", EDUCATION: "cancelled"}


def test_two_overdue_runs_at_once_share_the_work_and_none_waits(shared: Database) -> None:
    members = [uuid4(), uuid4()]
    hear(shared, [joined(date(1950, 1, 1), each) for each in members])
    today = date(1950, 3, 1)
    with shared.writing() as one, shared.writing() as another:
        assert due.mark_overdue(one, today, limit=1) == 1
        assert due.mark_overdue(another, today, limit=1) == 1
    with shared.writing() as session:
        assert due.mark_overdue(session, today, 500) == 0
        assert [states(session, each)[INTRODUCTION] for each in members] == ["overdue"] * 2


def test_an_offer_sent_twice_at_once_is_stored_once(
    shared: Database, databases: PostgresServer
) -> None:
    member = uuid4()
    hear(shared, [joined(JOINED, member)])
    sent = {
        "id": uuid4(),
        "member_id": member,
        "kind": EDUCATION,
        "offered_on": date(2026, 2, 1),
        "via": None,
    }

    def send() -> bool:
        with shared.writing() as session:
            return offers.offer(session, lambda unit: True, sent)[1]

    with ThreadPoolExecutor(1) as other:
        with shared.writing() as session:
            assert offers.offer(session, lambda unit: True, sent)[1]
            answer = other.submit(send)
            eventually(lambda: databases.execute(WAITING, database=NAME) == "1", "the other waits")
        assert answer.result(timeout=20) is False
