"""The counting over SQLAlchemy and psycopg2, for nameko and for Celery."""

import os
from collections.abc import Mapping
from typing import Any

from peer import counting
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    create_engine,
    text,
)
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

engine = create_engine(os.environ["PEER_DATABASE_URL"].replace("://", "+psycopg2://"), pool_size=10)
with engine.begin() as connection:
    parents = dict(row.tuple() for row in connection.execute(text("TABLE unit")))
engine.dispose()


def upsert(table: Table, *added: str) -> Insert:
    """Insert a counter, or add to it."""
    statement = insert(table)
    values = {name: table.c[name] + statement.excluded[name] for name in added}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


NEW = insert(handled).on_conflict_do_nothing().returning(handled.c.event_id)
ADD_DAYS = upsert(days, "value", "own")
ADD_YEARS = upsert(years, "value")


def count(event: Mapping[str, Any]) -> None:
    """Count one event, unless it was counted."""
    by_day, by_year = counting.rows(parents, event)
    with engine.begin() as connection:
        if connection.scalar(NEW, {"event_id": event["id"]}) is None:
            return
        connection.execute(ADD_DAYS, [dict(zip(days.c.keys(), row, strict=True)) for row in by_day])
        connection.execute(
            ADD_YEARS, [dict(zip(years.c.keys(), row, strict=True)) for row in by_year]
        )
