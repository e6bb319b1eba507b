"""The counters as SQLAlchemy's tables, and the statements that add to them."""

from collections.abc import Mapping
from typing import Any

from peer import counting
from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, String, Table, Uuid
from sqlalchemy.dialects.postgresql import Insert, insert

tables = MetaData()
handled = Table("handled_event", tables, Column("event_id", Uuid, primary_key=True))
days = Table(
    "day_counter",
    tables,
    Column("unit", String(64), primary_key=True),
    Column("measure", String(60), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", BigInteger),
    Column("own", BigInteger),
)
years = Table(
    "year_counter",
    tables,
    Column("unit", String(64), primary_key=True),
    Column("measure", String(60), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("value", BigInteger),
)


def upsert(table: Table, *added: str) -> Insert:
    """Insert a counter, or add to it."""
    statement = insert(table)
    values = {name: table.c[name] + statement.excluded[name] for name in added}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


NEW = insert(handled).on_conflict_do_nothing().returning(handled.c.event_id)
ADD_DAYS = upsert(days, "value", "own")
ADD_YEARS = upsert(years, "value")


def added(
    parents: counting.Parents, data: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What one report adds to the days' and to the years' counters."""
    by_day, by_year = counting.rows(parents, data)
    return (
        [dict(zip(days.c.keys(), row, strict=True)) for row in by_day],
        [dict(zip(years.c.keys(), row, strict=True)) for row in by_year],
    )
