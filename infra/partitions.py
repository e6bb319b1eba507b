"""The feed's partitions on PostgreSQL: a table for every million positions, made ahead of need.

Each is made by itself and then attached: that waits for no reader and no writer of the feed, and
none of them waits for it. On SQLite the feed is one table.
"""

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

SIZE = 1_000_000
"""Positions a partition. May be changed: the partitions that are there stay as they are."""


def last_of(position: int) -> int:
    """The last position of the partition that a position belongs to."""
    return -(-position // SIZE) * SIZE


def extend(within: Session | Connection, room: int, position: int) -> int:
    """Have partitions up to half of one beyond `position`; the last position there is one for.

    `room` is that position now. Whoever calls holds the feed's head locked: one at a time makes
    partitions, in the transaction that notes them.
    """
    while room < position + SIZE // 2:
        first, room = room + 1, last_of(room + 1)
        name = f"feed_{first}"
        within.execute(text(f"CREATE TABLE {name} (LIKE feed INCLUDING ALL)"))
        bounds = f"FROM ({first}) TO ({room + 1})"
        within.execute(text(f"ALTER TABLE feed ATTACH PARTITION {name} FOR VALUES {bounds}"))
    return room
