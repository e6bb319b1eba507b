"""What it costs a consumer to read one event: `python -m bench.validation` prints two tables.

Processor time in microseconds an event, the least of several rounds; the sides take turns. The
second table has batches of 1,000 conversations from their bytes to the counters of metrics, in
SQLite: with the plain envelope and schema, as it is now, and with data that nobody checks.
"""

import tempfile
import time
import timeit
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from infra import clock, migrate
from infra import subscription as subscription_module
from infra.database import Database
from infra.errors import Unreadable
from infra.event import Event, Fact, Load, decode, encode, with_position
from infra.fields import Data
from infra.subscription import Handler, Subscription
from infra.validation import Fields, quick
from services.campaign.events import ConversationLogged
from services.membership.events.members import MemberJoined
from services.metrics import counters
from services.metrics.facts import conversation_logged
from services.metrics.placements import Known
from services.metrics.schemas.heard import ConversationData, JoinedData, ObligationData
from services.training.events import ObligationOpened

ROUNDS, CALLS, BATCH = 15, 3000, 1000
EPOCH = "0b9f7f0e-6a54-4d0e-9a51-5f0a6d0c7f11"
ONE_DAY = date(2026, 5, 1)
READ: tuple[tuple[Fact, type[Data]], ...] = (
    (ConversationLogged(uuid4(), "1280", "door", False, ONE_DAY, 3), ConversationData),
    (MemberJoined(uuid4(), "1280", ONE_DAY, "digital", False), JoinedData),
    (
        ObligationOpened(
            uuid4(), uuid4(), "1280", "digital_introduction", ONE_DAY, 1, date(2026, 6, 1)
        ),
        ObligationData,
    ),
)
"""A fact of each of three types, and what metrics reads of it."""


def plain_decode(body: bytes) -> Event:
    """As `infra.event.decode` was at first: slower, and the measure of what it must refuse."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("the body is not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object")
    try:
        return Event(
            id=UUID(found["id"]),
            source=_text(found, "source").lstrip("/"),
            type=_text(found, "type"),
            time=_text(found, "time"),
            data=_mapping(found, "data"),
            position=_position(found),
            epoch=_text(found, "epoch"),
            correlation_id=found.get("correlationid"),
            causation_id=found.get("causationid"),
            traceparent=found.get("traceparent"),
            body=body,
        )
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Unreadable(f"the envelope is wrong: {type(error).__name__}: {error}") from error


def main() -> None:
    """Measure and print."""
    reading()
    with tempfile.TemporaryDirectory(prefix="samtal-bench-") as folder:
        counting(Database(f"sqlite:///{folder}/metrics.db", "metrics"))


def reading() -> None:
    """One event of each type."""
    table = Table("event", "what", "plain, µs", "now, µs", "times")
    for fact, data_class in READ:
        for what, plain, now in _pairs(fact, data_class):
            before, after = compare(plain, now)
            row = (fact.event_name, what, f"{before:.2f}", f"{after:.2f}", f"{before / after:.1f}")
            table.add_row(*row)
    Console().print(table)


def compare(plain: Callable[[], Any], now: Callable[[], Any]) -> tuple[float, float]:
    """Microseconds a call of each."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for side, call in enumerate((plain, now)):
            taken[side].append(
                timeit.timeit(call, timer=time.process_time, number=CALLS) / CALLS * 1e6
            )
    return min(taken[0]), min(taken[1])


def counting(database: Database) -> None:
    """Batches, from bytes to counters."""
    migrate.upgrade(database.engine, "metrics")
    known = Known()

    def count(session: Session, events: list[Event]) -> None:
        increments = [each for event in events for each in conversation_logged(event.data)]
        counters.add(session, known.exact(session), increments)

    sides: dict[str, tuple[Fields, Any]] = {
        "plain": (ConversationData(), _plain),
        "now": (quick(ConversationData()), decode),
        "unchecked": (Unchecked(), decode),
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for batch in range(ROUNDS):
        for name, (fields, read) in sides.items():
            subscription = Subscription(name, database)
            subscription.add(Handler(ConversationLogged.type(), fields, count))
            bodies = [_conversation(batch * BATCH + each) for each in range(1, BATCH + 1)]
            with mock.patch.object(subscription_module, "decode", read):
                started = time.process_time()
                subscription.process(bodies)
            taken[name].append((time.process_time() - started) / BATCH * 1e6)
    table = Table("1,000 conversations, bytes to counters", "µs an event", "of unchecked")
    least = {name: min(rounds) for name, rounds in taken.items()}
    for name, each in least.items():
        table.add_row(name, f"{each:.1f}", f"{each / least['unchecked']:.2f}")
    Console().print(table)


class Unchecked:
    """Takes the day for what it is, since the counters need one, and all else as it comes."""

    def load(self, data: Mapping[str, Any]) -> Any:
        """The data."""
        return {**data, "held_on": ONE_DAY}


def _conversation(position: int) -> bytes:
    fact = ConversationLogged(uuid4(), "SE", "door", False, ONE_DAY, 3)
    return with_position(encode(fact, uuid4(), clock.now()), position, EPOCH)


def _plain(body: bytes, load: Load) -> Event:
    event = plain_decode(body)
    return event._replace(data=load(event.type, event.data))


def _pairs(
    fact: Fact, data_class: type[Data]
) -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    body = with_position(encode(fact, uuid4(), clock.now()), 4711, EPOCH)
    schema, data = data_class(), dict(decode(body).data)
    fields = quick(schema)
    return [
        ("data", lambda: schema.load(data), lambda: fields.load(data)),
        ("envelope", lambda: plain_decode(body), lambda: decode(body)),
        (
            "both",
            lambda: _plain(body, lambda _, found: schema.load(found)),
            lambda: decode(body, lambda _, found: fields.load(found)),
        ),
    ]


def _text(found: dict[str, Any], key: str) -> str:
    value = found[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} must be a text")
    return value


def _mapping(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found[key]
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be an object")
    return value


def _position(found: dict[str, Any]) -> int:
    value = found["position"]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
        raise ValueError("position must be a whole number above 0")
    return value


if __name__ == "__main__":
    main()
