"""Many rows in one statement: inserted once, added up, replaced, locked."""

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVarTuple, cast

from sqlalchemy import Select, Table, bindparam, func, inspect, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from infra.database.columns import Base

Columns = TypeVarTuple("Columns")


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


def update_all(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]], *columns: str
) -> None:
    """Set `columns` on the row with the same primary key, of each that is there."""
    if not rows:
        return
    session.flush()
    names = (*_keys(model), *columns)
    given = [{f"given_{name}": row[name] for name in names} for row in _in_order(model, rows)]
    if not _is_postgresql(session):
        session.connection().execute(_update_each(model, columns), given)
        return
    arrays = {name: list(map(itemgetter(name), given)) for name in given[0]}
    session.connection().execute(_update_arrays(model, columns), arrays)


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
    arrays = {name: list(map(itemgetter(name), ordered)) for name in ordered[0]}
    insert = _insert_arrays(model, tuple(arrays))
    session.connection().execute(_upsert(insert, model, columns, add), arrays)


@cache
def _insert_arrays(model: type[Base], names: tuple[str, ...]) -> Any:
    table = _table(model)
    types = {name: postgresql.ARRAY(table.c[name].type) for name in names}
    arrays = [sql_cast(bindparam(name, type_=types[name]), types[name]) for name in names]
    unnested = func.unnest(*arrays).table_valued(*names).render_derived("given")
    return postgresql.insert(table).from_select(names, select(*(unnested.c[n] for n in names)))


@cache
def _update_each(model: type[Base], columns: tuple[str, ...]) -> Any:
    table = _table(model)
    wanted = [table.c[name] == bindparam(f"given_{name}") for name in _keys(model)]
    return update(table).where(*wanted).values({n: bindparam(f"given_{n}") for n in columns})


@cache
def _update_arrays(model: type[Base], columns: tuple[str, ...]) -> Any:
    table, names = _table(model), (*_keys(model), *columns)
    types = {name: postgresql.ARRAY(table.c[name].type) for name in names}
    arrays = [sql_cast(bindparam(f"given_{n}", type_=types[n]), types[n]) for n in names]
    given = func.unnest(*arrays).table_valued(*names).render_derived("given")
    wanted = [table.c[name] == given.c[name] for name in _keys(model)]
    return update(table).where(*wanted).values({name: given.c[name] for name in columns})


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
    return sorted(rows, key=itemgetter(*_keys(model)))


def locked(session: Session, statement: Select[*Columns]) -> Select[*Columns]:
    """`statement` with its rows locked until the commit; SQLite has one writer as it is."""
    return statement.with_for_update() if _is_postgresql(session) else statement


def take_turn(session: Session, turn: int, *, shared: bool = False) -> None:
    """Wait for a turn of that number and keep it until the commit; the `shared` ones are together.

    SQLite has one writer as it is.
    """
    if _is_postgresql(session):
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        session.execute(select(lock(turn)))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
