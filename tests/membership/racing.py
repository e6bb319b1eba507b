"""Two at once on PostgreSQL: a database for them, and one who waits for the other."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import migrate
from infra.database import Database
from services.membership import units
from tests.membership.given import forget_published, small_edition
from tests.process import eventually
from tests.servers import PostgresServer


@contextmanager
def migrated(server: PostgresServer, name: str) -> Iterator[Database]:
    """A migrated database of membership of that name."""
    server.create_databases([name])
    url = server.url(name).replace("postgresql://", "postgresql+psycopg2://")
    made = Database(url, "membership")
    migrate.upgrade(made.engine, "membership")
    yield made
    made.close()


def emptied(database: Database, *tables: str) -> Database:
    """The database with the small edition and nobody in it; `tables` are emptied as well."""
    with database.writing() as session:
        session.execute(
            text(f"TRUNCATE {', '.join(('member', 'unit', 'outbox', *tables))} CASCADE")
        )
        units.load_edition(session, small_edition(), national=False)
        forget_published(session)
    return database


def during(
    database: Database, first: Callable[[Session], Any], second: Callable[[Session], Any]
) -> Future[Any]:
    """Do `first`, start `second` before the first commits, commit once the second waits for it."""
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first(session)
            begun = threading.Event()
            later = pool.submit(_in_its_own, database, second, begun)
            assert begun.wait(10)
            eventually(lambda: later.done() or _waits(database), "the second waits")
            assert not later.done()
        later.exception(timeout=20)
    return later


def _in_its_own(database: Database, work: Callable[[Session], Any], begun: threading.Event) -> Any:
    with database.writing() as session:
        begun.set()
        return work(session)


def _waits(database: Database) -> bool:
    asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with database.reading() as session:
        return bool(session.scalar(asked))
