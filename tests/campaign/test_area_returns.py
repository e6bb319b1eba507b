"""Areas come back by themselves, and who has one is reminded, once each."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from infra.database import Database
from services.campaign import area_returns
from tests.campaign.mapped import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    assign,
    at,
    drawn,
    made,
    made_on_server,
    names_published,
    published,
    release,
)
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def server(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on PostgreSQL; shared."""
    made_there = made_on_server(databases, "campaign_area_returns")
    yield made_there
    made_there.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign on SQLite."""
    made_here = made(tmp_path)
    yield made_here
    made_here.close()


@pytest.fixture(params=["alone", "server"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database on each of both, in which nothing waits to be done; it is NOW."""
    found: Database = request.getfixturevalue(request.param)
    tick(found, 400)
    names_published(found, forget=True)
    at(monkeypatch, NOW)
    return found


def tick(database: Database, days: float, limit: int = 100) -> tuple[int, int]:
    """What the timer does so many days from NOW: how many it ended, and looked at to remind."""
    with database.writing() as session:
        instant = NOW + days * DAY
        ended = area_returns.expire(session, instant, limit)
        return ended, area_returns.remind(session, instant, limit)


def given_out(database: Database, column: int, days: float) -> UUID:
    """A new area that somebody has for so many days; its assignment."""
    area_id = drawn(database, column, exclusive=False)
    return assign(database, area_id, until=NOW + days * DAY)[0].id


def told(database: Database, name: str) -> list[str]:
    """The assignments of which that was told."""
    return [data["assignment_id"] for _, data in published(database, name)]


def test_the_return_is_told_once_and_the_reminder_a_day_before(database: Database) -> None:
    assignment_id = str(given_out(database, 0, 3))

    counts = [tick(database, days) for days in (0, 1.99, 2, 2, 2.99, 3, 3, 4)]

    assert counts == [(0, 0), (0, 0), (0, 1), (0, 0), (0, 0), (1, 0), (0, 0), (0, 0)]
    assert names_published(database) == ["area_assigned", "area_expiring", "area_released"]
    assert told(database, "area_expiring") == [assignment_id]
    ((_, data),) = published(database, "area_released")
    assert (data["assignment_id"], data["reason"]) == (assignment_id, "expired")


def test_after_a_long_rest_of_the_timer_nobody_is_reminded_of_what_is_over(
    database: Database,
) -> None:
    given_out(database, 0, 3)

    assert tick(database, 5) == (1, 0)
    assert names_published(database) == ["area_assigned", "area_released"]


def test_who_gave_an_area_back_is_not_reminded_of_it(database: Database) -> None:
    area_id = drawn(database, exclusive=False)
    assign(database, area_id, until=NOW + 3 * DAY)
    release(database, area_id)

    assert tick(database, 2.5) == (0, 0)
    assert tick(database, 4) == (0, 0)
    assert names_published(database) == ["area_assigned", "area_released"]


def test_what_the_next_one_made_free_is_not_returned_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    area_id = drawn(database, exclusive=False)
    first, _ = assign(database, area_id, until=NOW + HOUR - MINUTE)
    at(monkeypatch, NOW + HOUR)
    assign(database, area_id, until=NOW + 9 * DAY)

    assert tick(database, 1) == (0, 0)
    assert told(database, "area_released") == [str(first.id)]


def test_the_work_is_done_in_turns_the_oldest_first(database: Database) -> None:
    ids = [str(given_out(database, number, days)) for number, days in enumerate((5, 3, 4))]
    sooner = [ids[1], ids[2], ids[0]]

    assert [tick(database, 4.5, limit=1) for _ in range(3)] == [(1, 1), (1, 1), (0, 0)]
    assert told(database, "area_released") == sooner[:2]
    assert told(database, "area_expiring") == sooner[2:]
