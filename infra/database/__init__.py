"""One database a service: SQLite in WAL mode or PostgreSQL, both behind SQLAlchemy.

Neither stops the event loop for long: psycopg2 waits through the loop, and SQLite takes one
short writing transaction at a time, with nothing inside that yields.
"""

from infra.database.columns import Base, BigKey, Instant
from infra.database.days import days_between
from infra.database.engine import AWAY, Database
from infra.database.rows import add_up, insert_new, locked, replace_all, take_turn, update_all

__all__ = [
    "AWAY",
    "Base",
    "BigKey",
    "Database",
    "Instant",
    "add_up",
    "days_between",
    "insert_new",
    "locked",
    "replace_all",
    "take_turn",
    "update_all",
]
