"""A turn that one at a time has, of all the processes on one database; it ends with its holder.

PostgreSQL keeps it with a connection, SQLite with an open file: whoever is killed has lost it.
"""

import fcntl
import os
from collections.abc import Callable

from sqlalchemy import func, select, text

from infra.database import Database

KEY = 20_210_322

Release = Callable[[], None]


def take(database: Database) -> Release | None:
    """Take the turn; what is answered gives it back. None when another has it."""
    return _take_file(database) if database.is_sqlite else _take_lock(database)


def is_taken(database: Database) -> bool:
    """Whether somebody has the turn."""
    if database.is_sqlite:
        release = _take_file(database)
        if release is not None:
            release()
        return release is None
    held = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND classid = 0 AND objid = :key"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    with database.engine.connect() as connection:
        return bool(connection.scalar(held, {"key": KEY}))


def _take_lock(database: Database) -> Release | None:
    connection = database.engine.connect()
    # Closed for good at the end, not given back to the pool with the lock on it.
    connection.detach()
    # A machine that vanishes says no good-bye: the server asks after a minute.
    for name, value in (("idle", 30), ("interval", 10), ("count", 3)):
        connection.execute(text(f"SET tcp_keepalives_{name} = {value}"))
    taken = connection.scalar(select(func.pg_try_advisory_lock(KEY)))
    connection.commit()
    if not taken:
        connection.close()
        return None
    return connection.close


def _take_file(database: Database) -> Release | None:
    path = f"{database.engine.url.database}.turn"
    number = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        return None

    def release() -> None:
        os.close(number)

    return release
