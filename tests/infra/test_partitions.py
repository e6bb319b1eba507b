"""A feed of several partitions is one feed: read, sequenced, migrated as if it were one table."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from infra import migrate, outbox, partitions
from infra.database import Database
from infra.event import decode
from infra.feed import LocalFeed
from infra.freshness import Freshness
from infra.outbox import Page
from tests.infra.conftest import PLUMBING
from tests.infra.samples import ThingHappened, published
from tests.infra.takes import Takes
from tests.servers import PostgresServer

SIZE = 40
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

OLD_FEED = """
INSERT INTO feed (position, event_id, name, time, body)
SELECT n, gen_random_uuid(), 'thing_happened', now(),
    '{"specversion":"1.0","id":"' || gen_random_uuid() || '","source":"/sample",'
    || '"type":"sample.thing_happened.v1","time":"2026-01-01T00:00:00Z","data":{"number": 1}}'
FROM generate_series(1, :count) n
"""

OLD_SEQUENCING = """
WITH moved AS (
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 7) RETURNING *
)
INSERT INTO feed (position, event_id, name, time, body)
SELECT :head + row_number() OVER (ORDER BY id), event_id, name, time, body FROM moved
"""


@pytest.fixture(autouse=True)
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a feed of some hundred events has several."""
    monkeypatch.setattr(partitions, "SIZE", SIZE)


def append(database: Database, *numbers: int) -> None:
    with database.writing() as session:
        outbox.append(session, *(ThingHappened(number) for number in numbers))


def sequence(database: Database, limit: int = 1000) -> int:
    with database.writing() as session:
        return outbox.sequence(session, limit)


def read(database: Database, after: int, limit: int) -> Page:
    return LocalFeed(database).read(after, limit)


def tables(database: Database) -> dict[str, int]:
    """The feed's partitions, and how many events each has."""
    query = text("SELECT tableoid::regclass::text, count(*) FROM feed GROUP BY 1")
    names = text("SELECT relid::text FROM pg_partition_tree('feed') WHERE isleaf")
    with database.reading() as session:
        filled: dict[str, int] = dict(session.execute(query).all())  # type: ignore[arg-type]
        return {name: filled.get(name, 0) for name in session.scalars(names)}


def positions_and_numbers(database: Database) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while page := read(database, len(found), 33).entries:
        found += [(entry.position, decode(entry.body).data["number"]) for entry in page]
    return found


def in_threads(*works: Callable[[], None]) -> list[BaseException]:
    """Do all at once, and wait; what they raised."""
    failures: list[BaseException] = []

    def kept(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=kept, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


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
    subscription.process([entry.body for entry in feed.read(0, 1000).entries])
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


@pytest.fixture
def old(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of before there were partitions, with 100 events in its feed."""
    server: PostgresServer = request.getfixturevalue("databases")
    name = f"old_{abs(hash(request.node.nodeid)) % 10**9}"
    server.create_databases([name])
    made = Database(server.url(name).replace("postgresql://", "postgresql+psycopg2://"), PLUMBING)
    with made.writing() as session:
        config = migrate._config("infra", PLUMBING)
        config.attributes["connection"] = session.connection()
        config.attributes["version_table"] = migrate._version_table("infra")
        command.upgrade(config, "0003")
        session.execute(text(OLD_FEED), {"count": 100})
        session.execute(text("UPDATE feed_head SET head = 100"))
    yield made
    made.close()


def file_of(database: Database, table: str) -> int:
    with database.reading() as session:
        found: int = session.execute(
            text("SELECT pg_relation_filenode(:table ::regclass)"), {"table": table}
        ).scalar_one()
    return found


def test_a_feed_of_before_becomes_the_first_partition_uncopied_and_goes_on(old: Database) -> None:
    file = file_of(old, "feed")
    migrate.upgrade(old.engine, PLUMBING)
    assert file_of(old, "feed_1") == file
    append(old, *range(101, 151))
    sequence(old)
    assert tables(old) == {"feed_1": 120, "feed_121": 30, "feed_161": 0}
    assert [position for position, _ in positions_and_numbers(old)] == list(range(1, 151))


def test_a_migration_that_is_cut_off_anywhere_leaves_the_feed_as_it_was(old: Database) -> None:
    file = file_of(old, "feed")
    survived, number = False, 0
    while not survived:
        survived = migrates_with_the_connection_cut_at(old, number)
        if not survived:
            assert file_of(old, "feed") == file
            with old.reading() as session:
                assert session.scalar(text("SELECT count(*) FROM feed")) == 100
        number += 1
    assert number > 8
    assert tables(old) == {"feed_1": 100}
    assert len(positions_and_numbers(old)) == 100


def migrates_with_the_connection_cut_at(database: Database, number: int) -> bool:
    """Whether a migration ends well whose statement of that number, from 0, meets no server."""
    seen = 0

    def cut(_conn: Any, cursor: Any, *_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number + 1:
            pid = cursor.connection.get_backend_pid()
            with database.engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    engine = database.engine
    event.listen(engine, "before_cursor_execute", cut)
    try:
        migrate.upgrade(engine, PLUMBING)
    except OperationalError:
        return False
    finally:
        event.remove(engine, "before_cursor_execute", cut)
    return True


def test_a_feed_is_partitioned_while_it_is_written_and_read(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated = threading.Event()

    def produce() -> None:
        for number in range(60):
            append(old, number)
            sequence_as_before(old)

    def look() -> None:
        while not migrated.is_set():
            with old.reading() as session:
                head = session.scalar(text("SELECT head FROM feed_head"))
                found = session.scalar(text("SELECT max(position) FROM feed"))
                assert found >= head

    def upgrade() -> None:
        migrate.upgrade(old.engine, PLUMBING)
        migrated.set()

    monkeypatch.setattr(partitions, "SIZE", 400)
    assert in_threads(produce, produce, look, look, upgrade) == []
    while sequence(old):
        pass
    assert [position for position, _ in positions_and_numbers(old)] == list(range(1, 221))
    assert tables(old)["feed_1"] == 220


def sequence_as_before(database: Database) -> None:
    """As the code did it that had not heard of partitions."""
    with database.writing() as session:
        head = session.scalar(text("SELECT head FROM feed_head FOR UPDATE"))
        count = session.execute(text(OLD_SEQUENCING), {"head": head}).rowcount  # type: ignore[attr-defined]
        session.execute(text("UPDATE feed_head SET head = head + :count"), {"count": count})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_keeps_one_table(database: Database, tmp_path: Path) -> None:
    published(database, *range(1, 101))
    with database.reading() as session:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'feed%'"))
        assert set(names) == {"feed", "feed_head", "feed_epoch"}
