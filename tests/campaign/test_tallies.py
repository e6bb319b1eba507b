"""Tallies: a day's numbers of an area that is assigned for them, each counted once."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict, Invalid
from services.campaign import households, tallies
from services.campaign.tallies import Tally
from tests.campaign.doorsteps import (
    DAY,
    HOUR,
    START,
    area,
    assign,
    assigned,
    logged,
    made,
    published,
    reported,
    rounds,
    visit,
)

ON = date(2026, 3, 2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign that knows a few units."""
    database = made(tmp_path)
    yield database
    database.close()


def tally(**changes: Any) -> dict[str, Any]:
    """A request, as its schema loads it."""
    numbers = {"no_answer": 4, "declined": 3, "return_later": 2, "conversation": 1}
    return {"id": uuid4(), "on": ON, **numbers, **changes}


def log(database: Database, area_id: UUID, request: dict[str, Any]) -> tuple[Tally, bool]:
    """Log one as the service does."""
    with database.writing() as session:
        ground = households.ground(session, area_id, lock=True)
        return tallies.log(session, units.load(session), ground, request)


def refused(database: Database, area_id: UUID, **changes: Any) -> set[str]:
    """The fields at fault."""
    with pytest.raises(Invalid) as problem:
        log(database, area_id, tally(**changes))
    return set(problem.value.errors)


def test_a_tally_is_counted_published_and_reported_once(database: Database) -> None:
    area_id = assigned(database, 10, mode="tally", round=2)
    request = tally()

    stored, new = log(database, area_id, request)
    again, second = log(database, area_id, request)

    assert (new, second, stored.id, again.round) == (True, False, request["id"], 2)
    assert published(database, area_id) == [("2026-03-02", 4, 3, 2, 1)]
    assert rounds(database, area_id) == [(2, 10, 6, 1)]
    (report,) = reported(database)
    assert (report["count"], report["arena"], report["held_on"]) == (1, "door", "2026-03-02")
    with pytest.raises(Conflict):
        log(database, area_id, {**request, "declined": 5})


def test_several_tallies_of_a_day_add_up(database: Database) -> None:
    area_id = assigned(database, 10, mode="tally")
    log(database, area_id, tally())
    log(database, area_id, tally(on=date(2026, 3, 3), conversation=0))

    assert rounds(database, area_id) == [(1, 19, 11, 1)]
    assert len(reported(database)) == 1


def test_more_conversations_than_a_report_may_have_are_several_reports(database: Database) -> None:
    area_id = assigned(database, 2000, mode="tally")

    log(database, area_id, tally(conversation=1001))

    assert [report["count"] for report in reported(database)] == [500, 500, 1]
    assert rounds(database, area_id) == [(1, 1010, 1006, 1001)]


def test_visits_and_tallies_do_not_mix_in_an_assignment(database: Database) -> None:
    visited, counted = assigned(database), assigned(database, mode="tally")

    assert refused(database, visited) == {"on"}
    assert logged(database, visit(counted, "a", "declined")) == [{"visited_at"}]
    assert published(database, visited) == published(database, counted) == []


def test_a_tally_is_of_a_day_on_which_the_area_was_assigned_for_tallies(
    database: Database,
) -> None:
    with database.writing() as session:
        area_id = area(session, 10)
        assign(session, area_id, ended_at=START + HOUR)
        # On the same day for tallies, until midnight in Stockholm.
        ended = START + 7 * HOUR
        evening = assign(session, area_id, START + 2 * HOUR, mode="tally", ended_at=ended)

    assert log(database, area_id, tally())[0].assignment_id == evening
    assert refused(database, area_id, on=date(2026, 3, 1)) == {"on"}
    assert refused(database, area_id, on=date(2026, 3, 3)) == {"on"}


def test_a_tally_cannot_be_of_the_future_of_a_closed_unit_or_of_more_doors_than_there_are(
    database: Database,
) -> None:
    with database.writing() as session:
        closed = area(session, unit="0181")
        assign(session, closed, mode="tally")
    area_id = assigned(database, 5, mode="tally", until=clock.now() + 2 * DAY, ended_at=None)
    tomorrow = clock.today() + timedelta(days=1)

    assert refused(database, area_id, on=tomorrow) == {"on"}
    assert refused(database, closed) == {"on"}
    assert refused(database, area_id, declined=6, conversation=7) == {"declined", "conversation"}
    assert rounds(database, area_id) == []
