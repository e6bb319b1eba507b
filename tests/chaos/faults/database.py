"""A PostgreSQL that is restarted, killed, out of connections, and out of room."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from random import Random

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  it is a class

from tests.chaos.faults.fault import Fault, last
from tests.chaos.stage import Stage
from tests.process import eventually

SERVICES = "FROM pg_stat_activity WHERE application_name LIKE 'samtal-%'"


def restart(stage: Stage, chance: Random, pace: float) -> None:
    """Stopped in good order, back a little later."""
    stage.database.stop()
    last(chance, pace, 0.0, 3.0)
    stage.database.start()


def kill(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of the server and all its sessions; it recovers from its log."""
    stage.database.kill()
    last(chance, pace, 0.0, 6.0)
    stage.database.start()


def exhaust(stage: Stage, chance: Random, pace: float) -> None:
    """Others hold all connections, those that the services had among them."""
    with ExitStack() as held, superuser(stage) as ours:
        deadline = time.monotonic() + chance.uniform(3.0, 12.0) * pace
        eventually(lambda: _takes_what_is_free(stage, held, ours), "the services have none", 60)
        while time.monotonic() < deadline:
            _takes_what_is_free(stage, held, ours)
            time.sleep(0.1)


@contextmanager
def superuser(stage: Stage) -> Iterator[Connection]:
    """A connection of the operator's own."""
    with closing(psycopg2.connect(stage.database.url("postgres"))) as made:
        made.autocommit = True
        yield made


def _takes_what_is_free(stage: Stage, held: ExitStack, ours: Connection) -> bool:
    """Whether no service has a connection, and there is none to be had."""
    with ours.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) {SERVICES}")
        try:
            while True:
                held.enter_context(closing(psycopg2.connect(stage.database.url("postgres"))))
        except psycopg2.OperationalError:
            cursor.execute(f"SELECT count(*) = 0 {SERVICES}")
            (none_left,) = cursor.fetchone() or (False,)
            return bool(none_left)


def fill(stage: Stage, chance: Random, pace: float) -> None:
    """The disk is full; whoever clears it starts a server that gave up."""
    if stage.disk is None:
        raise LookupError("the database is on no disk that can be filled")
    stage.disk.fill()
    try:
        last(chance, pace, 5.0, 20.0)
    finally:
        stage.disk.clear()
    if not stage.database.running:
        stage.database.kill()
        stage.database.start()


DISK_FULL = Fault("disk-full", "database", fill)
FAULTS = [
    Fault("restart-database", "database", restart, after=2.0),
    Fault("kill-database", "database", kill, after=2.0),
    Fault("no-connections", "database", exhaust, after=2.0),
    DISK_FULL,
]
