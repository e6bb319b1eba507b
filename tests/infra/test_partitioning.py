"""A feed of before there were partitions becomes the first of them, whole or not at all."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from infra import migrate, partitions
from infra.database import Database
from tests.infra.conftest import PLUMBING
from tests.infra.feeds import append, in_threads, positions_and_numbers, sequence, tables
from tests.servers import PostgresServer

SIZE = 40

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
