"""One database a service: SQLite in WAL mode or PostgreSQL, both behind SQLAlchemy.

Neither stops the event loop for long: psycopg2 waits through the loop, and SQLite takes one
short writing transaction at a time, with nothing inside that yields.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from threading import Semaphore
from typing import Any, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    Select,
    Table,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""The database is away, or too busy: nothing was written, and the same work may be tried again."""

SESSION = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
}
"""So PostgreSQL lets go of the locks of a process that is gone, or stands still."""

Row = TypeVar("Row")
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An instant, aware and in UTC on every database: SQLite keeps no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a list by cursor reads out of its cursor."""
        return datetime

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored instant with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every mapped class derives from; each service's tables live in its own database."""


class Database:
    """Transactions on one service's database."""

    def __init__(self, url: str, service: str) -> None:
        self.service = service
        self.engine = _engine(url, service)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._one_writer = Semaphore() if self.is_sqlite else None
        self._writer = self.engine.execution_options(writing=True)
        self._after_commit: dict[str, list[Callable[[], None]]] = defaultdict(list)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises.

        After the commit everyone is called who asked to be, for what the transaction noted.
        """
        with self._turn(), Session(self._writer, expire_on_commit=False) as session:
            with session.begin():
                yield session
            noted = [what for what in self._after_commit if session.info.get(what)]
        for what in noted:
            for call in self._after_commit[what]:
                call()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent look at the database; what it changes is not kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def after_commit(self, what: str, call: Callable[[], None]) -> None:
        """Call `call` after each commit of a transaction that noted `what` in `session.info`."""
        self._after_commit[what].append(call)

    def close(self) -> None:
        """Close all connections that no transaction holds."""
        self.engine.dispose()

    def _turn(self) -> AbstractContextManager[Any]:
        # A green thread waiting for SQLite's own lock would stop all the others.
        return self._one_writer or nullcontext()


def insert_new(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]], key: str = "id"
) -> set[Any]:
    """Insert the rows whose primary key is not there yet; answer the keys that were new.

    Of two transactions with the same key the second waits for the first, so exactly one of them
    is told that the key is new.
    """
    if not rows:
        return set()
    session.flush()
    statement = _insert_new(model, key, _is_postgresql(session))
    return set(session.connection().scalars(statement, _in_order(model, rows)))


def add_up(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]], *columns: str
) -> None:
    """Add each row's `columns` to the row with the same primary key, or insert it."""
    _upsert_all(session, model, rows, columns, add=True)


def replace_all(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]], *columns: str
) -> None:
    """Insert each row, or set `columns` on the row with the same primary key."""
    _upsert_all(session, model, rows, columns, add=False)


# On the table: what the ORM adds to an INSERT costs more than the rest of a small transaction.
@cache
def _insert_new(model: type[Base], key: str, is_postgresql: bool) -> Any:
    table = _table(model)
    insert = (postgresql.insert if is_postgresql else sqlite.insert)(table)
    return insert.on_conflict_do_nothing().returning(table.c[key])


def _upsert_all(
    session: Session,
    model: type[Base],
    rows: Sequence[dict[str, Any]],
    columns: tuple[str, ...],
    *,
    add: bool,
) -> None:
    if not rows:
        return
    session.flush()
    ordered = _in_order(model, rows)
    if not _is_postgresql(session):
        insert = sqlite.insert(_table(model))
        session.connection().execute(_upsert(insert, model, columns, add), ordered)
        return
    # As arrays: one statement for all rows takes a tenth of the time of one for each.
    arrays = {name: [row[name] for row in ordered] for name in ordered[0]}
    insert = _insert_arrays(model, tuple(arrays))
    session.connection().execute(_upsert(insert, model, columns, add), arrays)


@cache
def _insert_arrays(model: type[Base], names: tuple[str, ...]) -> Any:
    table = _table(model)
    types = {name: postgresql.ARRAY(table.c[name].type) for name in names}
    arrays = [sql_cast(bindparam(name, type_=types[name]), types[name]) for name in names]
    unnested = func.unnest(*arrays).table_valued(*names).render_derived("given")
    return postgresql.insert(table).from_select(names, select(*(unnested.c[n] for n in names)))


def _upsert(insert: Any, model: type[Base], columns: tuple[str, ...], add: bool) -> Any:
    table = _table(model)
    values = {
        name: table.c[name] + insert.excluded[name] if add else insert.excluded[name]
        for name in columns
    }
    return insert.on_conflict_do_update(index_elements=_keys(model), set_=values)


@cache
def _keys(model: type[Base]) -> list[str]:
    return [column.name for column in inspect(model).primary_key]


def _table(model: type[Base]) -> Table:
    return cast("Table", inspect(model).local_table)


def _in_order(model: type[Base], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By primary key: transactions that meet in several rows take their locks in one order."""
    keys = _keys(model)
    return sorted(rows, key=lambda row: [row[name] for name in keys])


def locked(session: Session, statement: Select[Row]) -> Select[Row]:
    """`statement` with its rows locked until the commit; SQLite has one writer as it is."""
    return statement.with_for_update() if _is_postgresql(session) else statement


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _engine(url: str, service: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_timeout=5,
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
