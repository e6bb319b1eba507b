"""A producer's feed as tests look at it: its partitions, and what is read from it."""

import threading
from collections.abc import Callable

from sqlalchemy import text

from infra import outbox
from infra.database import Database
from infra.event import decode
from infra.feed import LocalFeed
from infra.outbox import Page
from tests.infra.samples import ThingHappened


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
