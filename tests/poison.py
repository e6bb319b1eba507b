"""What breaks a handler: an event with wrong data, bytes that are none, a table that is closed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika

from tests.servers import PostgresServer

LOGGED = "campaign.conversation_logged.v1"
CLOSED = "the table is closed"


def event(**data: Any) -> dict[str, Any]:
    """An event of campaign as it would be published, but for its data."""
    event_id = str(uuid4())
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/campaign",
        "type": LOGGED,
        "subject": f"conversation/{event_id}",
        "time": "2026-03-03T10:00:00Z",
        "data": data,
    }


def into_outbox(home: Path, found: dict[str, Any]) -> None:
    """Let campaign publish it from its SQLite database, as if it had stored it itself."""
    row = (found["id"].replace("-", ""), LOGGED.split(".")[1], found["time"], json.dumps(found))
    with closing(sqlite3.connect(home / "campaign.db", timeout=10)) as database, database:
        database.execute("INSERT INTO outbox (event_id, name, time, body) VALUES (?, ?, ?, ?)", row)


def onto_exchange(uri: str, body: bytes) -> None:
    """Publish to campaign's exchange, past campaign."""
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    connection.channel().basic_publish("campaign.events", LOGGED.split(".")[1], body)
    connection.close()


@contextmanager
def closed_table_of_sqlite(home: Path, unit: str) -> Iterator[None]:
    """Inside, metrics cannot count in `unit`."""
    path = home / "metrics.db"
    _run(
        path,
        "CREATE TRIGGER closed BEFORE INSERT ON day_counter "
        f"WHEN NEW.unit = '{unit}' BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END",
    )
    try:
        yield
    finally:
        _run(path, "DROP TRIGGER closed")


@contextmanager
def closed_table_of_postgresql(server: PostgresServer, unit: str) -> Iterator[None]:
    """Inside, metrics cannot count in `unit`."""
    server.execute(
        "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN RAISE EXCEPTION '{CLOSED}'; END $$",
        "CREATE TRIGGER closed BEFORE INSERT ON day_counter FOR EACH ROW "
        f"WHEN (NEW.unit = '{unit}') EXECUTE FUNCTION closed()",
        database="metrics",
    )
    try:
        yield
    finally:
        server.execute(
            "DROP TRIGGER closed ON day_counter", "DROP FUNCTION closed", database="metrics"
        )


def _run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as database, database:
        database.execute(statement)
