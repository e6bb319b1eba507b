"""Volunteers who send at the same moment, on PostgreSQL: each door counts once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from infra import units
from infra.database import Database
from infra.errors import Conflict
from services.campaign import households, people, visits
from services.campaign.conversations import Conversation
from tests.campaign.doorsteps import (
    Row,
    assigned,
    doors,
    logged,
    made_on_server,
    published,
    reported,
    rounds,
    visit,
)
from tests.process import eventually
from tests.servers import PostgresServer

VOLUNTEERS = 6


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on PostgreSQL."""
    made = made_on_server(databases, "campaign_visit_races")
    yield made
    made.close()


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each answers, all of them begun at one moment."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        barrier.wait(timeout=20)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def sending(database: Database, requests: list[Row]) -> Callable[[], list[Any]]:
    """The work of sending visits in one call."""
    return lambda: logged(database, *requests)


def spoken(database: Database) -> int:
    """How many conversations were reported."""
    return len(reported(database))


def test_of_many_at_one_door_at_once_one_visit_counts(shared: Database) -> None:
    before = spoken(shared)
    for _ in range(5):
        area_id = assigned(shared)
        works = [
            sending(shared, [visit(area_id, "a", "conversation", 1 + number / 100)])
            for number in range(VOLUNTEERS)
        ]
        answers = [answer for (answer,) in at_once(works)]

        assert answers.count(True) == 1
        assert answers.count({"household"}) == VOLUNTEERS - 1
        assert rounds(shared, area_id) == [(1, 1, 1, 1)]
        assert published(shared, area_id) == [("2026-03-02", 0, 0, 0, 1)]
    assert spoken(shared) == before + 5


def test_what_is_sent_again_at_once_whole_or_partly_counts_once(shared: Database) -> None:
    area_id = assigned(shared, 20)
    sent = [visit(area_id, str(door), "conversation", 1 + door / 100) for door in range(20)]
    before = spoken(shared)

    parts = [sent, sent[::-1], sent[5:], sent[:15], sent[::2], sent]
    answers = at_once([sending(shared, part) for part in parts])

    flat = [answer for part in answers for answer in part]
    assert flat.count(True) == 20
    assert flat.count(False) == sum(map(len, parts)) - 20
    assert rounds(shared, area_id) == [(1, 20, 20, 20)]
    assert sum(numbers[-1] for numbers in published(shared, area_id)) == 20
    assert sorted(ordinal for ordinal, *_ in doors(shared, area_id).values()) == list(range(1, 21))
    assert spoken(shared) == before + 20


def test_calls_over_several_areas_in_any_order_do_not_wait_for_each_other(
    shared: Database,
) -> None:
    areas = [assigned(shared, VOLUNTEERS * 4) for _ in range(4)]

    def batch(number: int) -> list[Row]:
        turned = areas[number % 4 :] + areas[: number % 4]
        return [
            visit(area_id, f"{number} {door}", "declined") for area_id in turned for door in "abcd"
        ]

    for answers in at_once([sending(shared, batch(number)) for number in range(VOLUNTEERS)]):
        assert answers == [True] * 16
    for area_id in areas:
        assert rounds(shared, area_id) == [(1, VOLUNTEERS * 4, VOLUNTEERS * 4, 0)]


def test_an_id_that_another_area_is_just_given_is_refused_and_leaves_nothing(
    shared: Database,
) -> None:
    one, other = assigned(shared), assigned(shared)
    request = visit(one, "a", "conversation")
    both = [{**request, "area_id": area_id} for area_id in (one, other)]

    answers = at_once([partial(sent_or_refused, shared, each) for each in both])

    assert sorted(answers) == [False, True]
    assert sorted(len(rounds(shared, area_id)) for area_id in (one, other)) == [0, 1]
    assert sorted(len(doors(shared, area_id)) for area_id in (one, other)) == [0, 1]


def sent_or_refused(database: Database, request: Row) -> bool:
    """Whether the visit was new; refused alone, or with the whole call."""
    try:
        return logged(database, request) == [True]
    except Conflict:
        return False


def test_households_and_visits_at_once_are_listed_without_a_gap(shared: Database) -> None:
    area_id = assigned(shared, 40)

    def listing(names: list[str]) -> int:
        with shared.writing() as session:
            return households.add(session, households.ground(session, area_id, lock=True), names)

    names = [f"h{number}" for number in range(20)]
    works = [
        partial(listing, names),
        partial(listing, names[::-1]),
        sending(shared, [visit(area_id, name, "no_answer") for name in names[5:]]),
        sending(shared, [visit(area_id, f"new {name}", "no_answer") for name in names]),
    ]
    at_once(works)

    assert sorted(ordinal for ordinal, *_ in doors(shared, area_id).values()) == list(range(1, 41))


def test_a_visit_and_the_erasure_of_who_makes_it_do_not_wait_for_each_other(
    shared: Database,
) -> None:
    member = uuid4()
    area_id = assigned(shared, assignee=str(member))

    def erase() -> None:
        with shared.writing() as session:
            people.erase(session, {member})

    with ThreadPoolExecutor(1) as pool:
        with shared.writing() as session:
            grounds = households.grounds(session, [area_id], lock=True)
            erased = pool.submit(erase)
            eventually(lambda: waits(shared), "the erasure waits")
            request = visit(area_id, "a", "conversation")
            (outcome,) = visits.log_all(session, units.load(session), grounds, [request])
        erased.result(timeout=20)

    assert outcome.created
    with shared.reading() as session:
        loggers = select(Conversation.logged_by).where(Conversation.logged_by == str(member))
        assert session.scalars(loggers).all() == []


def waits(database: Database) -> bool:
    """Whether a transaction waits for another."""
    with database.reading() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
