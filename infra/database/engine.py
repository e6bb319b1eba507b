"""Connections and transactions, on SQLite and on PostgreSQL."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from infra.database.turns import Turns

AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""The database is away, or too busy: nothing was written, and the same work may be tried again."""

CONNECTIONS = 20
"""That hold a transaction on PostgreSQL at a time, of one process; each pool keeps half as many."""

PATIENCE = 10.0
"""Seconds that a transaction may wait for one of them."""

SESSION = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
}
"""So PostgreSQL lets go of the locks of a process that is gone, or stands still."""


class Database:
    """Transactions on one service's database."""

    def __init__(self, url: str, service: str) -> None:
        self.service = service
        self.engine = _engine(url, service)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # A green thread waiting for SQLite's own lock would stop all the others.
        self._turns = Turns(1) if self.is_sqlite else Turns(CONNECTIONS, PATIENCE)
        self._writer = self.engine.execution_options(writing=True)
        # SQLite has its one writer, and no round trips. Elsewhere these have connections of their
        # own: to set one back before the pool has it again is a round trip, and when the server
        # goes away in it, the pool loses a place for good.
        self._single: Engine = self._writer
        if not self.is_sqlite:
            self._single = _engine(url, service, isolation_level="AUTOCOMMIT")
        self._after_commit: dict[str, list[Callable[[], None]]] = defaultdict(list)

    def writing(self) -> AbstractContextManager[Session]:
        """One transaction: committed when the block ends, rolled back when it raises.

        After the commit everyone is called who asked to be, for what the transaction noted.
        """
        return self._transaction(self._writer)

    def at_once(self) -> AbstractContextManager[Session]:
        """As `writing`, for one statement that says all: on PostgreSQL it commits by itself."""
        return self._transaction(self._single)

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        with self._turns.one(), Session(engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
            noted = [what for what in self._after_commit if session.info.get(what)]
        for what in noted:
            for call in self._after_commit[what]:
                call()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent look at the database; what it changes is not kept."""
        turn: AbstractContextManager[None] = nullcontext() if self.is_sqlite else self._turns.one()
        with turn, Session(self.engine, expire_on_commit=False) as session:
            yield session

    def after_commit(self, what: str, call: Callable[[], None]) -> None:
        """Call `call` after each commit of a transaction that noted `what` in `session.info`."""
        self._after_commit[what].append(call)

    def close(self) -> None:
        """Close all connections that no transaction holds."""
        self.engine.dispose()
        self._single.dispose()


def _engine(url: str, service: str, **more: Any) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            **more,
            pool_size=CONNECTIONS // 2,
            max_overflow=CONNECTIONS // 2,
            pool_timeout=PATIENCE,
            pool_use_lifo=True,
            hide_parameters=True,
            connect_args={
                "connect_timeout": 3,
                "application_name": f"samtal-{service}",
                "options": _options(url),
            },
        )
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _options(url: str) -> str:
    """What the URL asks of each session, and what we do: connect arguments would hide the URL's."""
    given = make_url(url).query.get("options", ())
    asked = [given] if isinstance(given, str) else list(given)
    return " ".join([*asked, *(f"-c {name}={value}" for name, value in SESSION.items())])


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    cursor = connection.cursor()
    # FULL: a commit that was answered survives a power cut, not only a kill.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
