"""Campaigns on PostgreSQL: what is read there, and two at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Conflict
from infra.units import load
from services.campaign import (
    campaign_progress,
    campaigns,
    conversations,
    goals,
    silence,
    volunteers,
    workplaces,
    workplaces_reached,
)
from tests.campaign.campaigning import (
    START,
    TODAY,
    campaign,
    log,
    made,
    published,
    report,
    workplace,
)
from tests.process import eventually
from tests.servers import PostgresServer

NAME = "campaign_races"
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
LAST = date(2026, 11, 11)
WEEK = date(2026, 11, 9)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
FILLED = "conversation, campaign, campaign_goal, participation, workplace, outbox"
COUNTED = "late_report, volunteer_count"


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on a real server."""
    databases.create_databases([NAME])
    found = made(databases.url(NAME).replace("postgresql://", "postgresql+psycopg2://"))
    yield found
    found.close()


@pytest.fixture
def database(shared: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same with nothing in it, on a day that stands still."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    with shared.writing() as session:
        session.execute(text(f"TRUNCATE {FILLED}, {COUNTED}"))
        session.execute(text("UPDATE volunteer_week SET next = NULL"))
    return shared


def during(
    database: Database, first: Callable[[Session], Any], second: Callable[[Session], Any]
) -> Future[Any]:
    """Do `first`, start `second`, commit once the second waits for it."""

    def later() -> Any:
        with database.writing() as session:
            return second(session)

    def waits() -> bool:
        with database.reading() as session:
            return bool(session.scalar(text(WAITING)))

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first(session)
            done = pool.submit(later)
            eventually(lambda: done.done() or waits(), "the second waits")
            assert not done.done()
        done.exception(timeout=20)
    return done


def progress(database: Database, key: UUID, unit: str = "SE") -> dict[str, Any]:
    """How far a campaign is."""
    with database.reading() as session:
        found = campaigns.get(session, key)
        return campaign_progress.of_unit(session, load(session), found, unit)


def test_everything_is_read_there_as_well(database: Database) -> None:
    with database.writing() as session:
        key = campaign(session, topics=["skola"])
        workplace(session, "Hamnen")
        given = {"campaign_id": key, "workplace": "Hamnen", "topics": ["skola"]}
        for unit, by in (("1280", "a"), ("1280-rosengard", "b"), ("1281", "a"), ("1281", None)):
            log(session, unit=unit, logged_by=by, held_on=LAST, count=5, **given)
        tree, found = load(session), campaigns.get(session, key)
        goals.put(session, tree, found, "skane", 40)
        quiet = silence.silent(session, tree, found, "SE", 7)
        reached = workplaces_reached.in_year(session, tree, "skane", 2026)
        listed = [
            each.listed(session, tree, {"unit": "1280", "method": None, "limit": 9, "cursor": None})
            for each in (campaigns, workplaces)
        ]

    shown = progress(database, key, "skane")

    assert (shown["conversations"], shown["share"], shown["volunteers"]) == (20, 0.5, 2)
    assert (shown["workplaces"], [row["conversations"] for row in shown["children"]]) == (
        1,
        [10, 10],
    )
    assert [(row["unit"], row["since"], row["days"]) for row in quiet] == [
        ("0180", None, (TODAY - START).days),
        ("1280", LAST, 7),
        ("1281", LAST, 7),
    ]
    assert (reached["workplaces"], reached["conversations"]) == (1, 20)
    assert [len(page.items) for page in listed] == [1, 1]


def test_one_volunteer_who_sends_twice_at_once_has_both_counted(database: Database) -> None:
    with database.writing() as session:
        key = campaign(session)
    given = {"campaign_id": key, "logged_by": "a"}

    done = during(
        database, lambda one: log(one, **given, count=2), lambda other: log(other, **given, count=3)
    )

    assert done.exception() is None
    assert progress(database, key)["conversations"] == 5


def test_a_report_taken_back_twice_at_once_is_taken_off_once(database: Database) -> None:
    with database.writing() as session:
        key = campaign(session)
        mistake = log(session, campaign_id=key, logged_by="a", count=2)
        log(session, campaign_id=key, logged_by="a", count=3)

    def void(session: Session) -> bool:
        return conversations.void(session, mistake, "mistake")[1]

    assert during(database, void, void).result() is False
    assert progress(database, key)["conversations"] == 3


def test_batches_that_meet_in_many_sums_do_not_block_each_other_for_good(
    database: Database,
) -> None:
    with database.writing() as session:
        keys = [campaign(session) for _ in range(3)]
    each = [(key, unit) for key in keys for unit in ("1280", "1281", "0180")]

    def send(turn: int) -> None:
        order = each if turn % 2 else each[::-1]
        reports = [report(campaign_id=key, unit=unit, logged_by="a") for key, unit in order]
        with database.writing() as session:
            conversations.log_all(session, load(session), reports)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(40)))

    assert [progress(database, key)["conversations"] for key in keys] == [120, 120, 120]


def test_two_who_add_a_workplace_at_once_get_it_on_the_list_once(database: Database) -> None:
    done = during(
        database,
        lambda one: workplace(one, "Hamnen"),
        lambda other: workplace(other, "Hamnen", "0180"),
    )

    assert isinstance(done.exception(), Conflict)


def count(session: Session) -> int:
    """The week before, as the timer counts it."""
    return volunteers.count(session, load(session), WEEK)


def test_of_two_replicas_that_count_one_publishes(database: Database) -> None:
    with database.writing() as session:
        log(session, logged_by="a", held_on=LAST)

    assert during(database, count, count).result() == 0
    with database.reading() as session:
        assert len(published(session, "volunteers_counted")) == 3


def test_a_report_that_commits_while_its_week_is_counted_is_counted_next(
    database: Database,
) -> None:
    with database.writing() as session:
        log(session, logged_by="a", held_on=LAST)
    with database.writing() as late:
        log(late, unit="1281", logged_by="b", held_on=LAST)
        with database.writing() as counting:
            assert count(counting) == 3

    with database.writing() as session:
        assert volunteers.due(session, NOW) == [WEEK]
        count(session)
        found = published(session, "volunteers_counted")[3:]
    assert [(data["unit"], data["volunteers"], data["version"]) for data in found] == [
        ("1281", 1, 1),
        ("SE", 2, 2),
        ("skane", 2, 2),
    ]


def test_a_report_of_the_same_id_sent_at_once_is_summed_once(database: Database) -> None:
    with database.writing() as session:
        sent = report(campaign_id=campaign(session), logged_by="a", id=uuid4(), count=7)

    def send(session: Session) -> bool:
        return conversations.log(session, load(session), sent)[1]

    assert during(database, send, send).result() is False
    assert progress(database, sent["campaign_id"])["conversations"] == 7
