"""The board as of a past day: what a plain recount of the facts up to that day gives."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import clock, migrate, units
from infra.database import Database
from infra.event import Event
from services.metrics import counters, forecasts, goals, placements, targets
from services.metrics.counters import Increment
from services.metrics.programme import GOALS
from tests import process
from tests.metrics.test_counters import DAYS, UNITS, histories, model_path, place, unit_event
from tests.process import Running

CONVERSATIONS = GOALS["conversations"]
SPLIT = "conversations.door"


def fill(session: Session, facts: list[Increment], places: list[Event]) -> None:
    """Count these in a database that knows nothing yet."""
    place(session, places)
    counters.add(session, placements.load(session), facts)


def recount(facts: list[Increment], history: list[Event], unit: str, day: date) -> tuple[int, int]:
    """Conversations of the year up to the day, and members on it, straight from the facts."""
    held = members = 0
    for at, measure, on, amount in facts:
        if measure == SPLIT and date(day.year, 1, 1) <= on <= day:
            held += amount * (unit in model_path(history, at, on))
        if measure == "members" and on <= day:
            members += amount * (unit in model_path(history, at, day))
    return held, members


@settings(max_examples=40, deadline=None)
@given(histories(), st.dates(DAYS[0], DAYS[-1] + timedelta(days=3)))
def test_the_board_as_of_any_day_equals_a_recount_of_the_facts_up_to_it(
    history: tuple[list[Any], list[Any]], day: date
) -> None:
    facts, arrivals = history
    places = [each for each in arrivals if isinstance(each, Event)]
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/metrics.db", "metrics")
        migrate.upgrade(database.engine, "metrics")
        with database.writing() as session:
            fill(session, facts, places)
        with database.reading() as session:
            tree = units.load(session)
            for unit in UNITS:
                board = goals.board(session, tree, unit, day.year, day, past=True)
                found = {goal["key"]: goal["value"] for goal in board["goals"]}
                seen = (found["conversations"], found["members_total"])
                assert seen == recount(facts, places, unit, day)
                below = goals.breakdown(
                    session, tree, CONVERSATIONS, unit, day.year, day, past=True
                )
                for child in below["children"]:
                    assert child["value"] == recount(facts, places, child["unit"], day)[0]
        database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A branch of a district that conversed in February, May and October of 2025."""
    with database.writing() as session:
        days = ((date(2025, 2, 1), 100), (date(2025, 5, 1), 20), (date(2025, 10, 1), 300))
        facts = [Increment("1001", SPLIT, day, amount) for day, amount in days]
        fill(session, facts, [unit_event("1001", 1, None, DAYS[0])])
        targets.put(session, CONVERSATIONS, 2025, "1001", 365, local=False, by="a")
        yield session


def test_status_and_pace_are_those_of_the_day(session: Session) -> None:
    tree = units.load(session)

    def seen(day: date) -> tuple[Any, ...]:
        board = goals.board(session, tree, "1001", 2025, day, past=True)
        goal = next(found for found in board["goals"] if found["key"] == "conversations")
        assert goal["split"].get("door", 0) == goal["value"]
        return board["as_of"], goal["value"], goal["expected"], goal["status"]

    assert seen(date(2025, 1, 31)) == (date(2025, 1, 31), 0, 31, "behind")
    assert seen(date(2025, 4, 10)) == (date(2025, 4, 10), 100, 100, "on_pace")
    assert seen(date(2025, 5, 1)) == (date(2025, 5, 1), 120, 121, "behind")
    assert seen(date(2025, 12, 31)) == (date(2025, 12, 31), 420, 365, "met")


def test_the_forecast_as_of_a_day_knows_nothing_of_the_days_after_it(session: Session) -> None:
    day = date(2025, 4, 10)
    found = forecasts.of_goal(session, CONVERSATIONS, "1001", 2025, day, past=True)
    assert (found.by, found.value) == ("line", 365)


def test_the_days_are_found_by_their_index(session: Session) -> None:
    asked = "unit IN ('a', 'b') AND measure IN ('c', 'd') AND day > '2025-01-01'"
    plan = session.execute(text(f"EXPLAIN QUERY PLAN SELECT * FROM day_counter WHERE {asked}"))
    assert "unit=? AND measure=? AND day>?" in str(plan.all())


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own with membership, which tells it of the units."""
    running = process.start(["membership", "metrics"], tmp_path_factory.mktemp("metrics"))
    yield running
    running.close()


@pytest.mark.parametrize("path", ["/goals", "/goals/members_total", "/goals/conversations"])
def test_the_year_is_that_of_the_day(metrics: Running, path: str) -> None:
    found = metrics.call("GET", "metrics", f"{path}?as_of=2021-03-04").json()
    assert (found["year"], found["as_of"]) == (2021, "2021-03-04")


def test_a_breakdown_is_to_be_had_as_of_a_day(metrics: Running) -> None:
    path = "/goals/members_total/breakdown?as_of=2021-03-04"
    found = metrics.call("GET", "metrics", path).json()
    assert (found["year"], len(found["children"])) == (2021, 26)


def test_the_board_as_of_today_is_to_be_had(metrics: Running) -> None:
    path = f"/goals?as_of={clock.today().isoformat()}"
    assert metrics.call("GET", "metrics", path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/goals", "/goals/members_total", "/goals/conversations/breakdown"]
)
@pytest.mark.parametrize(
    "asked",
    [
        "as_of=2999-01-01",
        "as_of=1999-12-31",
        "as_of=2025-02-29",
        "as_of=yesterday",
        "as_of=2025-1-1",
        "as_of=",
        "as_of=2025-12-31&year=2026",
        "as_of=2025-12-31&year=2024",
    ],
)
def test_a_day_that_cannot_be_is_refused_by_name(metrics: Running, path: str, asked: str) -> None:
    answer = metrics.call("GET", "metrics", f"{path}?{asked}")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["as_of"]
