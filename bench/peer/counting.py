"""What every peer does with one event: counters at every level, exactly once, in our own tables.

One transaction an event: a row that says it was handled, then a day's and a year's counter of the
unit and of each unit above it. Reads PEER_DATABASE_URL.
"""

import asyncio
import os
from collections.abc import Mapping
from datetime import date
from typing import Any

import asyncpg

Parents = Mapping[str, str | None]

HANDLED = "CREATE TABLE IF NOT EXISTS handled_event (event_id uuid PRIMARY KEY)"
DAYS = """\
CREATE TABLE IF NOT EXISTS day_counter (
    unit varchar(64), measure varchar(60), day date, value bigint NOT NULL, own bigint NOT NULL,
    PRIMARY KEY (unit, measure, day))"""
YEARS = """\
CREATE TABLE IF NOT EXISTS year_counter (
    unit varchar(64), measure varchar(60), year integer, value bigint NOT NULL,
    PRIMARY KEY (unit, measure, year))"""
TABLES = (HANDLED, DAYS, YEARS)

Day = tuple[str, str, date, int, int]
Year = tuple[str, str, int, int]


def rows(parents: Parents, data: Mapping[str, Any]) -> tuple[list[Day], list[Year]]:
    """The counters that one report adds to, in the order of their keys, so that none deadlocks."""
    measure, count = f"conversations.{data['arena']}", data["count"]
    on = date.fromisoformat(str(data["held_on"]))
    path = sorted(climb(parents, data["unit"]))
    days = [(unit, measure, on, count, count if unit == data["unit"] else 0) for unit in path]
    return days, [(unit, measure, on.year, count) for unit in path]


def climb(parents: Parents, unit: str) -> list[str]:
    """The unit and all above it."""
    found: list[str] = []
    at: str | None = unit
    while at is not None:
        found.append(at)
        at = parents.get(at)
    return found


def make_tables() -> None:
    """Make them, where they are not there."""

    async def make() -> None:
        connection = await asyncpg.connect(os.environ["PEER_DATABASE_URL"])
        for table in TABLES:
            await connection.execute(table)
        await connection.close()

    asyncio.run(make())


if __name__ == "__main__":
    make_tables()
