"""An event has its effect once, however often and in whatever order it comes."""

import threading

import pytest

from infra import inbox
from infra.database import Database
from tests.infra.samples import event


def marked(database: Database, *positions: int, epoch: str = "e") -> list[int]:
    with database.writing() as session:
        fresh = inbox.mark(session, "sub", [event(p, epoch=epoch) for p in positions])
    return [one.position for one in fresh]


def test_an_event_is_new_once(database: Database) -> None:
    assert marked(database, 3, 1, 3) == [3, 1]
    assert marked(database, 1, 2, 3, 4) == [2, 4]


def test_marks_reach_over_the_ends_of_their_blocks(database: Database) -> None:
    edges = (1, 1024, 1025, 2048, 2049, 16_000_000)
    assert marked(database, *edges) == list(edges)
    assert marked(database, *edges) == []


def test_another_epoch_of_a_feed_has_marks_of_its_own(database: Database) -> None:
    assert marked(database, 1, 2) == [1, 2]
    assert marked(database, 1, 2, epoch="after a restore") == [1, 2]


def test_marks_of_a_transaction_that_fails_are_not_kept(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            inbox.mark(session, "sub", [event(1)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert marked(database, 1) == [1]


def test_of_two_replicas_with_the_same_events_one_has_each(database: Database) -> None:
    together = threading.Barrier(2)
    found: list[int] = []

    def replica() -> None:
        together.wait(10)
        for start in range(1, 200, 20):
            found.extend(marked(database, *range(start, start + 20)))

    threads = [threading.Thread(target=replica) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 201))
