"""Visits: in an assignment, a door once a round unless somebody is to return, each kept once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from infra import clock
from infra.database import Database
from services.campaign import conversations
from services.campaign.conversations import Conversation
from services.campaign.visits import Visit
from tests.campaign.doorsteps import (
    DAY,
    HOUR,
    START,
    area,
    assign,
    assigned,
    doors,
    logged,
    made,
    made_on_server,
    published,
    reported,
    rounds,
    visit,
)
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def server(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on PostgreSQL; shared."""
    made = made_on_server(databases, "campaign_visits")
    yield made
    made.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign on SQLite."""
    database = made(tmp_path)
    yield database
    database.close()


@pytest.fixture(params=["alone", "server"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database on each of both; in one of them others have areas, too."""
    found: Database = request.getfixturevalue(request.param)
    return found


def test_visits_are_kept_counted_by_area_and_day_and_the_doors_remember_the_last(
    database: Database,
) -> None:
    area_id, other = assigned(database), assigned(database)
    sent = [
        visit(area_id, "a", "no_answer"),
        visit(area_id, "b", "return_later"),
        # Past midnight in Stockholm.
        visit(area_id, "b", "conversation", 8),
        visit(other, "a", "declined"),
    ]

    assert logged(database, *sent) == [True] * 4

    assert doors(database, area_id) == {"a": (1, 1, "no_answer"), "b": (2, 1, "conversation")}
    assert published(database, area_id) == [
        ("2026-03-02", 1, 0, 1, 0),
        ("2026-03-03", 0, 0, 0, 1),
    ]
    assert published(database, other) == [("2026-03-02", 0, 1, 0, 0)]
    assert rounds(database, area_id) == [(1, 2, 1, 1)]
    assert rounds(database, other) == [(1, 1, 1, 0)]


def test_what_is_sent_again_in_any_order_or_partly_is_there_once(database: Database) -> None:
    area_id = assigned(database)
    first, then = visit(area_id, "a", "return_later"), visit(area_id, "a", "conversation", 2)

    assert logged(database, then) == [True]
    assert logged(database, first, then, first) == [True, False, False]
    assert logged(database, then, first) == [False, False]
    assert logged(database, {**first, "outcome": "declined"}) == [set()]

    assert doors(database, area_id) == {"a": (1, 1, "conversation")}
    assert published(database, area_id) == [("2026-03-02", 0, 0, 0, 1), ("2026-03-02", 0, 0, 1, 0)]
    assert rounds(database, area_id) == [(1, 1, 1, 1)]


@pytest.mark.parametrize("outcome", ["no_answer", "declined", "conversation"])
def test_a_door_is_done_with_in_its_round_unless_somebody_is_to_return(
    alone: Database, outcome: str
) -> None:
    area_id = assigned(alone)
    assert logged(alone, visit(area_id, "a", outcome, 2)) == [True]

    for again in ("no_answer", "declined", "return_later", "conversation"):
        assert logged(alone, visit(area_id, "a", again, 3)) == [{"household"}]
    for earlier in ("no_answer", "declined", "conversation"):
        assert logged(alone, visit(area_id, "a", earlier, 1)) == [{"household"}]
    assert logged(alone, visit(area_id, "a", "return_later", 2)) == [{"household"}]
    assert logged(alone, visit(area_id, "a", "return_later", 1)) == [True]


def test_of_two_visits_to_one_door_in_a_batch_the_first_given_stands(alone: Database) -> None:
    area_id = assigned(alone)
    two = [visit(area_id, "a", "declined", 2), visit(area_id, "a", "conversation", 1)]

    assert logged(alone, *two) == [True, {"household"}]
    assert rounds(alone, area_id) == [(1, 1, 1, 0)]
    assert reported(alone) == []


def test_a_visit_belongs_to_the_round_of_its_assignment_however_late_it_comes(
    database: Database,
) -> None:
    with database.writing() as session:
        area_id = area(session, current=2)
        assign(session, area_id)
        assign(session, area_id, START + DAY, round=2)

    assert logged(database, visit(area_id, "a", "declined", 25)) == [True]
    assert logged(database, visit(area_id, "a", "no_answer", 1)) == [True]
    assert logged(database, visit(area_id, "a", "conversation", 2)) == [{"household"}]

    assert doors(database, area_id) == {"a": (1, 2, "declined")}
    assert rounds(database, area_id) == [(1, 1, 0, 0), (2, 1, 1, 0)]


def test_a_conversation_at_a_door_is_reported_once_and_voided_as_any_other(alone: Database) -> None:
    area_id = assigned(alone)
    sent = visit(area_id, "a", "conversation", 8)
    logged(alone, sent)
    logged(alone, sent)

    with alone.writing() as session:
        (found,) = session.scalars(select(Conversation))
        assert (found.unit, found.arena, found.count) == ("1280", "door", 1)
        assert (str(found.held_on), found.logged_by) == ("2026-03-03", "volontär 7")
        conversations.void(session, found.id, "mistake")
    assert [data["conversation_id"] for data in reported(alone)] == [str(found.id)]
    assert logged(alone, sent) == [False]
    assert rounds(alone, area_id) == [(1, 1, 1, 1)]


def test_a_new_reference_is_listed_up_to_the_number_of_the_area(database: Database) -> None:
    area_id = assigned(database, 2)
    sent = [visit(area_id, name, "no_answer") for name in "abc"]

    assert logged(database, *sent) == [True, True, {"household"}]
    assert logged(database, visit(area_id, "d", "no_answer")) == [{"household"}]
    assert list(doors(database, area_id)) == ["a", "b"]


def test_a_visit_is_made_within_an_assignment_of_the_area_for_visits(alone: Database) -> None:
    with alone.writing() as session:
        area_id, other = area(session), area(session)
        mine = assign(session, area_id)
        released = assign(session, area_id, START + DAY, ended_at=START + DAY + 2 * HOUR)
        counted = assign(session, area_id, START + 2 * DAY, mode="tally")
        theirs = assign(session, other)

    def sent(hours: float, assignment_id: object = None) -> object:
        made = visit(area_id, str(uuid4()), "no_answer", hours, assignment_id=assignment_id)
        return logged(alone, made)[0]

    assert [sent(0), sent(23.9, mine), sent(25, released)] == [True, True, True]
    assert [sent(-0.1), sent(26), sent(24, mine), sent(1, released)] == [{"visited_at"}] * 4
    assert [sent(1, theirs), sent(1, uuid4())] == [{"assignment_id"}] * 2
    assert [sent(49), sent(49, counted)] == [{"visited_at"}, {"assignment_id"}]


def test_nothing_is_visited_in_the_future_in_no_area_or_in_a_closed_unit(alone: Database) -> None:
    with alone.writing() as session:
        closed = area(session, unit="0181")
        assign(session, closed)
    area_id = assigned(alone, until=clock.now() + DAY, ended_at=None)
    ahead = clock.now() + timedelta(minutes=5)

    assert logged(
        alone,
        visit(area_id, "a", "declined", visited_at=ahead),
        visit(closed, "a", "declined"),
        visit(uuid4(), "a", "declined"),
        visit(area_id, "a", "declined", visited_at=clock.now()),
    ) == [{"visited_at"}, {"area_id"}, {"area_id"}, True]


OUTCOMES_AT_THE_END = (None, "no_answer", "declined", "conversation")
STORIES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(OUTCOMES_AT_THE_END)), min_size=1, max_size=5
)


@given(stories=STORIES, data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_order_visits_come_in_and_how_often_the_doors_end_up_the_same(
    alone: Database, stories: list[tuple[int, str | None]], data: st.DataObject
) -> None:
    """Of each door: so often somebody was to return, then what it came to in the end, if it did."""
    area_id = assigned(alone, len(stories))
    told = [["return_later"] * n + ([last] if last else []) for n, last in stories]
    sent = [
        visit(area_id, str(door), outcome, 1 + hour)
        for door, story in enumerate(told)
        for hour, outcome in enumerate(story)
    ]
    again = data.draw(st.lists(st.sampled_from(sent), max_size=5)) if sent else []
    order = data.draw(st.permutations(sent + again))
    cut = data.draw(st.integers(0, len(order)))

    results = [*logged(alone, *order[:cut]), *logged(alone, *order[cut:])]

    assert results.count(True) == len(sent)
    assert results.count(False) == len(again)
    last = {str(door): story[-1] for door, story in enumerate(told) if story}
    assert {name: state[2] for name, state in doors(alone, area_id).items()} == last
    opened = [story for story in told if story and story != ["no_answer"]]
    spoken = [story for story in told if "conversation" in story]
    counts = [(1, len(last), len(opened), len(spoken))] if last else []
    assert rounds(alone, area_id) == counts
    with alone.reading() as session:
        kept = session.scalar(
            select(func.count()).select_from(Visit).where(Visit.id.in_(v["id"] for v in sent))
        )
    assert kept == len(sent)
