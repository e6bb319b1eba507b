"""Many who want the same at the same instant: one gets it, the others are told why not."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict, Invalid, Problem
from services.campaign import area_assignments, area_returns, area_rounds, areas
from tests.campaign.mapped import (
    DAY,
    HOUR,
    asking,
    assign,
    draw,
    drawing,
    drawn,
    hand_out,
    holder,
    made,
    made_on_server,
    published,
    release,
    square,
)
from tests.process import eventually
from tests.servers import PostgresServer

NAME = "campaign_area_races"
CROWD = 200
TIMES = 3
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture(scope="module")
def server(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on PostgreSQL; shared."""
    made_there = made_on_server(databases, NAME)
    yield made_there
    made_there.close()


@pytest.fixture
def postgresql(server: Database) -> Database:
    """The same without areas."""
    with server.writing() as session:
        session.execute(text("TRUNCATE area, outbox CASCADE"))
    return server


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign on SQLite."""
    made_here = made(tmp_path)
    yield made_here
    made_here.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Database:
    """A database without areas, on each of both."""
    found: Database = request.getfixturevalue(request.param)
    return found


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each answers, or the problem that it raises; all are begun at one moment."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        barrier.wait(timeout=20)
        try:
            return work()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def during(
    database: Database, first: Callable[[Any], Any], second: Callable[[], Any]
) -> Future[Any]:
    """Do `first`, start `second` before it commits, commit once the second waits for it."""
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first(session)
            later = pool.submit(second)
            eventually(lambda: later.done() or _waits(database), "the second waits")
            assert not later.done()
        later.exception(timeout=20)
    return later


def _waits(database: Database) -> bool:
    with database.reading() as session:
        return bool(session.scalar(text(WAITING)))


def soon(**changes: Any) -> dict[str, Any]:
    """A request for an area, as of now."""
    return asking(until=clock.now() + 3 * HOUR, **changes)


def test_of_two_hundred_who_want_one_area_at_once_exactly_one_gets_it(either: Database) -> None:
    for column in range(TIMES):
        area_id = drawn(either, column)
        asked = [soon(assignee=f"v-{number}") for number in range(CROWD)]

        found = at_once([partial(assign, either, area_id, **each) for each in asked])

        lost = [each for each in found if isinstance(each, Problem)]
        ((won, new),) = [each for each in found if not isinstance(each, Problem)]
        assert (len(lost), new) == (CROWD - 1, True)
        assert {type(each) for each in lost} == {Conflict}
        assert {each.detail for each in lost} == {area_assignments.held(won).detail}
        assert holder(either, area_id).id == won.id
    assert len(published(either, "area_assigned")) == TIMES


def test_whoever_sends_the_same_at_once_is_told_the_same(either: Database) -> None:
    area_id, request = drawn(either), soon()

    found = at_once([lambda: assign(either, area_id, **request)] * 50)

    assert Counter(new for _, new in found) == {True: 1, False: 49}
    assert {assignment.id for assignment, _ in found} == {request["id"]}


def test_a_crowd_at_the_door_is_given_one_area_each_until_there_is_none(either: Database) -> None:
    ids = {drawn(either, column) for column in range(30)}

    found = at_once([lambda: hand_out(either, **soon()) for _ in range(60)])

    given = [each[0].area_id for each in found if not isinstance(each, Problem)]
    assert len(given) == len(ids)
    assert set(given) == ids


def test_who_asks_twice_at_once_at_the_door_is_given_one_area(either: Database) -> None:
    for column in range(4):
        drawn(either, column)
    request = soon(unit="1280")

    found = at_once([lambda: hand_out(either, **request)] * 8)

    assert len({assignment.area_id for assignment, _ in found}) == 1
    assert Counter(new for _, new in found) == {True: 1, False: 7}
    assert len(published(either, "area_assigned")) == 1


def test_of_areas_that_cross_and_are_drawn_at_once_one_is_kept(either: Database) -> None:
    squares = [square(shift / 100) for shift in range(20)]

    found = at_once([partial(draw, either, polygon=each) for each in squares])

    lost = [each for each in found if isinstance(each, Problem)]
    assert len(lost) == 19
    assert {type(each) for each in lost} == {Invalid}
    assert {tuple(each.errors) for each in lost} == {("polygon",)}


def test_neighbours_that_are_drawn_at_once_are_all_kept(either: Database) -> None:
    found = at_once([partial(drawn, either, column) for column in range(20)])

    assert len(set(found)) == 20


def test_whoever_draws_across_an_area_waits_until_that_is_kept(postgresql: Database) -> None:
    first = drawing()

    def draw_first(session: Any) -> None:
        areas.create(session, units.load(session), first)

    later = during(postgresql, draw_first, lambda: draw(postgresql, polygon=square(0.5)))

    assert isinstance(later.exception(), Invalid)


def test_who_asks_while_the_area_is_being_returned_gets_it(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    area_id = drawn(postgresql)
    first, _ = assign(postgresql, area_id, **soon())
    monkeypatch.setattr(clock, "now", lambda: first.until)

    later = during(
        postgresql,
        lambda session: area_returns.expire(session, first.until, 100),
        lambda: assign(postgresql, area_id, until=first.until + DAY),
    )

    assert later.result()[1]
    (told,) = [data["assignment_id"] for _, data in published(postgresql, "area_released")]
    assert told == str(first.id)


def test_the_timer_passes_by_what_the_next_one_is_returning(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    area_id, other = drawn(postgresql), drawn(postgresql, 1)
    first, _ = assign(postgresql, area_id, **soon())
    assign(postgresql, other, **soon())
    monkeypatch.setattr(clock, "now", lambda: first.until + HOUR)

    with postgresql.writing() as session:
        area = areas.get(session, area_id, lock=True)
        request = asking(until=first.until + DAY)
        area_assignments.assign(session, units.load(session), area, request)
        with postgresql.writing() as timer:
            assert area_returns.expire(timer, clock.now(), 100) == 1

    with postgresql.writing() as timer:
        assert area_returns.expire(timer, clock.now(), 100) == 0
    assert len(published(postgresql, "area_released")) == 2


def test_of_two_replicas_each_returns_what_the_other_does_not(postgresql: Database) -> None:
    for column in range(2):
        assign(postgresql, drawn(postgresql, column), **soon())
    over = clock.now() + 4 * HOUR

    with postgresql.writing() as session:
        assert area_returns.expire(session, over, 1) == 1
        with postgresql.writing() as other:
            assert area_returns.expire(other, over, 100) == 1

    told = [data["assignment_id"] for _, data in published(postgresql, "area_released")]
    assert len(set(told)) == len(told) == 2


def test_who_asks_while_the_next_round_begins_is_in_that_round(postgresql: Database) -> None:
    area_id = drawn(postgresql)

    def begin(session: Any) -> None:
        area_rounds.begin(session, areas.get(session, area_id, lock=True), 2)

    assignment, _ = during(
        postgresql, begin, lambda: assign(postgresql, area_id, **soon())
    ).result()

    assert assignment.round == 2


def test_of_two_who_give_an_area_back_one_does(postgresql: Database) -> None:
    area_id = drawn(postgresql)
    assign(postgresql, area_id, **soon())
    request = {"assignment_id": None, "reason": None}

    def release_first(session: Any) -> None:
        area = areas.get(session, area_id, lock=True)
        area_assignments.release(session, area, request)

    _, new = during(postgresql, release_first, lambda: release(postgresql, area_id)).result()

    assert not new
    assert len(published(postgresql, "area_released")) == 1


def test_an_id_is_of_one_area_even_if_two_are_asked_for_at_once(postgresql: Database) -> None:
    request = {**soon(), "id": uuid4()}
    ids = [drawn(postgresql, column) for column in range(2)]

    found = at_once([partial(assign, postgresql, area_id, **request) for area_id in ids])

    assert sorted(isinstance(each, Conflict) for each in found) == [False, True]
    assert len(published(postgresql, "area_assigned")) == 1
