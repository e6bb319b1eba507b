"""A few units of each kind, and membership telling metrics of what happens there."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from infra.outbox import Entry
from services.metrics import goals
from tests.metrics.feeds import Metrics
from tests.servers import PostgresServer

UNITS = {
    "SE": ("party", None),
    "north": ("district", "SE"),
    "south": ("district", "SE"),
    "1001": ("branch", "north"),
    "1002": ("branch", "north"),
    "1001-a": ("association", "1001"),
    "1001-c": ("club", "1001"),
}
DAYS = [date(2025, 11, 1) + timedelta(days=n) for n in range(0, 150, 10)]
TODAY = date(2026, 6, 30)

Told = tuple[str, dict[str, Any]]


def made(folder: str | Path) -> Metrics:
    """Metrics on a database of its own, that knows no unit yet."""
    database = Database(f"sqlite:///{folder}/metrics.db", "metrics")
    migrate.upgrade(database.engine, "metrics")
    return Metrics(database)


def knowing(folder: str | Path) -> Metrics:
    """Metrics on a database of its own, that knows the units."""
    found = made(folder)
    tell(found, *(registered(code) for code in UNITS))
    return found


def registered(code: str, version: int = 1, **changes: Any) -> Told:
    """A unit, as membership tells of it."""
    kind, parent = UNITS[code]
    known = {"code": code, "name": code, "kind": kind, "parent": parent, "population": None}
    place = {"open": True, "version": version, "valid_from": "1900-01-01"}
    return "unit_registered" if version == 1 else "unit_changed", {**known, **place, **changes}


def published(metrics: Metrics, told: Told) -> Entry:
    """What is told, in the feed of the service that tells it."""
    feed = metrics.feeds["training" if told[0].startswith("obligation") else "membership"]
    feed.publish(*told)
    return feed.entries[-1]


def tell(metrics: Metrics, *told: Told) -> None:
    """Publish these and handle them, each in a batch of its own."""
    for each in told:
        metrics.handle([published(metrics, each)])


def board(metrics: Metrics, unit: str, year: int = 2026, today: date = TODAY) -> dict[str, Any]:
    """The goals of a unit by key."""
    with metrics.database.reading() as session:
        found = goals.board(session, units.load(session), unit, year, today)
    return {goal["key"]: goal for goal in found["goals"]}


@st.composite
def organisations(draw: st.DrawFn, *, closing: bool = True) -> list[Told]:
    """The units, one of which may move, and one with `closing` be closed."""
    told = [registered(code) for code in UNITS]
    if draw(st.booleans()):
        on = str(draw(st.sampled_from(DAYS)))
        told.append(registered("1001", 2, parent="south", valid_from=on))
    if closing and draw(st.booleans()):
        on = str(draw(st.sampled_from(DAYS)))
        told.append(registered("1002", 2, open=False, valid_from=on))
    return told


def hear(metrics: Metrics, told: Sequence[Told], again: Sequence[int], batch: int) -> None:
    """Handle these in batches, and then some of them, by their places, once more."""
    entries = [published(metrics, each) for each in told]
    entries += [entries[at] for at in again]
    for start in range(0, len(entries), batch):
        metrics.handle(entries[start : start + batch])


def summed(
    told: Sequence[Told], own: Mapping[tuple[str, str], int], day: date
) -> dict[tuple[str, str], int]:
    """By unit and measure what they and all below them have on a day, straight from the rule.

    `own` is what units would have by themselves, were none of them ever closed.
    """
    changes = [
        data
        for _, data in told
        if data.get("valid_from", "9999") <= str(day) and data["version"] == 2
    ]
    parents = {code: parent for code, (_, parent) in UNITS.items()}
    parents |= {data["code"]: data["parent"] for data in changes}
    closed = {data["code"] for data in changes if not data["open"]}
    found: dict[tuple[str, str], int] = defaultdict(int)
    for (unit, measure), amount in own.items():
        at: str | None = None if unit in closed else unit
        while at is not None:
            found[at, measure] += amount
            at = parents[at]
    return {key: amount for key, amount in found.items() if amount}


def counted(metrics: Metrics, prefixes: tuple[str, ...], day: date) -> dict[tuple[str, str], int]:
    """By unit and measure what is counted on a day, of the measures that begin so."""
    with metrics.database.reading() as session:
        found = goals.measures_of(session, list(UNITS), day.year, day)
    return {
        (unit, measure): amount
        for unit, measures in found.items()
        for measure, amount in measures.items()
        if measure.startswith(prefixes) and amount
    }


@contextmanager
def on_postgresql(server: PostgresServer) -> Iterator[Metrics]:
    """Metrics that knows the units, on a real server."""
    name = f"told_{uuid4().hex[:12]}"
    server.create_databases([name])
    url = server.url(name).replace("postgresql://", "postgresql+psycopg2://")
    database = Database(url, "metrics")
    migrate.upgrade(database.engine, "metrics")
    found = Metrics(database)
    tell(found, *(registered(code) for code in UNITS))
    yield found
    database.close()


def handling(metrics: Metrics, told: Told) -> Callable[[Session], Any]:
    """The work of handling one event, in a transaction of one's own."""
    message = metrics.subscription.read(published(metrics, told).body)
    assert isinstance(message, Event)
    handler = metrics.subscription.handlers[message.type]
    return lambda session: handler.handle(session, [message])
