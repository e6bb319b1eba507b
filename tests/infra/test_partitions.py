"""A feed of several partitions is one feed: sequenced and read as if it were one table."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from infra import outbox, partitions
from infra.bus.pump import Pump
from infra.database import Database
from infra.feed import LocalFeed
from infra.freshness import Freshness
from tests.infra.feeds import append, in_threads, positions_and_numbers, read, sequence, tables
from tests.infra.samples import published
from tests.infra.takes import Takes

SIZE = 40
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a feed of some hundred events has several."""
    monkeypatch.setattr(partitions, "SIZE", SIZE)


def test_a_feed_of_several_partitions_is_read_in_order(database: Database) -> None:
    numbers = list(range(1, 331))
    for start in range(0, 330, 30):
        append(database, *numbers[start : start + 30])
        assert sequence(database) == 30
    assert positions_and_numbers(database) == [(number, number) for number in numbers]
    assert [entry.position for entry in read(database, SIZE - 2, 4).entries] == [39, 40, 41, 42]


@on_postgresql
def test_there_is_a_partition_before_it_is_needed(database: Database) -> None:
    for head in range(1, 3 * SIZE):
        published(database, head)
        room = sum(1 for _ in tables(database)) * SIZE
        assert room >= head + SIZE // 2
        assert room < head + SIZE // 2 + SIZE, "and not long before"
    assert tables(database) == {"feed_1": SIZE, "feed_41": SIZE, "feed_81": SIZE - 1, "feed_121": 0}


@on_postgresql
def test_one_batch_may_reach_over_several_partitions(database: Database) -> None:
    append(database, *range(1, 201))
    assert sequence(database) == 200
    assert list(tables(database).values()) == [SIZE] * 5 + [0]
    assert positions_and_numbers(database)[-1] == (200, 200)


@on_postgresql
def test_a_transaction_that_fails_makes_no_partition(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            outbox.sequence(session)
            raise RuntimeError

    append(database, *range(1, 101))
    with pytest.raises(RuntimeError):
        fail()
    assert tables(database) == {"feed_1": 0}
    assert sequence(database) == 100
    assert list(tables(database).values()) == [40, 40, 20]


@on_postgresql
def test_a_changed_size_holds_from_the_next_partition_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(database, *range(1, 51))
    monkeypatch.setattr(partitions, "SIZE", 100)
    published(database, *range(51, 121))
    assert tables(database) == {"feed_1": 40, "feed_41": 40, "feed_81": 20, "feed_101": 20}


@on_postgresql
def test_several_replicas_sequence_while_partitions_are_made(database: Database) -> None:
    each = 400

    def produce(name: int) -> None:
        for start in range(0, each, 5):
            append(database, *range(name * each + start, name * each + start + 5))
            sequence(database, limit=7)

    assert in_threads(*(lambda name=name: produce(name) for name in range(4))) == []
    while sequence(database):
        pass
    found = positions_and_numbers(database)
    assert [position for position, _ in found] == list(range(1, 4 * each + 1))
    assert sorted(number for _, number in found) == list(range(4 * each))


@on_postgresql
def test_nobody_waits_for_a_partition_to_be_made_and_it_waits_for_nobody(
    database: Database,
) -> None:
    published(database, 1)
    append(database, *range(2, 102))
    with database.reading() as reader, database.writing() as writer:
        assert len(outbox.read(reader, 0, 10).entries) == 1
        writer.execute(text("UPDATE feed SET name = name"))
        with database.writing() as session:
            session.execute(text("SET LOCAL lock_timeout = '1s'"))
            outbox.sequence(session)
            assert read(database, 0, 10).head == 1, "the partitions are not committed yet"
            append(database, 102)
        assert len(outbox.read(reader, 0, 200).entries) == 101


@on_postgresql
def test_reading_opens_no_partition_that_it_does_not_need(
    database: Database, takes: Takes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.freshness.WINDOW", 10)
    append(database, *range(1, 16 * SIZE - SIZE // 2))
    sequence(database)
    assert len(tables(database)) == 16
    feed = LocalFeed(database)
    subscription = takes.subscription
    with plans(database) as first_page:
        feed.read(0, 10)
    with plans(database) as last_page:
        feed.read(15 * SIZE + 3, 1000)
    with plans(database) as nothing_new:
        feed.read(2**53 - 1, 1)
    Pump(subscription, {"sample": feed}).run("sample", lambda: True)
    with plans(database) as freshness:
        Freshness(subscription, {"sample": feed}).report()
    append(database, 1)
    with plans(database) as sequencing:
        sequence(database)
    assert first_page == {"feed_1"}
    assert last_page == {"feed_601"}
    assert nothing_new == set()
    assert sequencing == set()
    assert freshness == {"feed_601"}


@contextmanager
def plans(database: Database) -> Iterator[set[str]]:
    """The partitions that the SELECTs of the block have scanned, by EXPLAIN ANALYZE."""
    scanned: set[str] = set()

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM feed \n" in statement or "FROM feed\n" in statement:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            found = cursor.fetchone()[0]
            plan = json.loads(found) if isinstance(found, str) else found
            scanned.update(relations(plan[0]["Plan"]))

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield scanned
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)


def relations(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that were really looked into."""
    if plan["Actual Loops"] and "Relation Name" in plan:
        yield plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from relations(part)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_keeps_one_table(database: Database) -> None:
    published(database, *range(1, 101))
    with database.reading() as session:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'feed%'"))
        assert set(names) == {"feed", "feed_head", "feed_epoch"}
