"""What it costs a consumer to read one event: `python -m bench.validation` prints a table.

Each figure is the least of several rounds, in microseconds; the two sides take turns.
"""

import timeit
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import orjson
from rich.console import Console
from rich.table import Table

from infra import clock
from infra.errors import Unreadable
from infra.event import Event, Fact, decode, encode, with_position
from infra.fields import Data
from infra.validation import quick
from services.campaign.events import ConversationLogged
from services.membership.events import MemberJoined
from services.metrics.schemas import ConversationData, JoinedData, ObligationData
from services.training.events import ObligationOpened

ROUNDS, CALLS = 15, 3000
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
            taken[side].append(timeit.timeit(call, number=CALLS) / CALLS * 1e6)
    return min(taken[0]), min(taken[1])


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
            lambda: _replaced(plain_decode(body), schema),
            lambda: decode(body, lambda _, found: fields.load(found)),
        ),
    ]


def _replaced(event: Event, schema: Data) -> Event:
    return replace(event, data=schema.load(event.data))


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
