"""A fact of a made-up service, and the events that it becomes."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from infra import outbox
from infra.database import Database
from infra.event import Event, Fact, decode


class SampleFact(Fact, source="sample"):
    """Anything that happened in the made-up service."""


@dataclass(frozen=True)
class ThingHappened(SampleFact, subject="thing/{number}"):
    """Something happened, `number` of it."""

    number: int
    note: str | None = None


@dataclass(frozen=True)
class ThingUntold(SampleFact, subject="thing/{number}", anonymous=True):
    """Something happened that nobody is to be tied to."""

    number: int


def event(position: int, number: int = 1, *, epoch: str = "e", **data: Any) -> Event:
    """An event as it comes in."""
    found = {"number": number, **data}
    return Event(uuid4(), "sample", "sample.thing_happened.v1", "", found, position, epoch)


def published(database: Database, *numbers: int) -> list[Event]:
    """Publish a fact a number, and read the feed back from its beginning."""
    for number in numbers:
        with database.writing() as session:
            outbox.append(session, ThingHappened(number))
    with database.writing() as session:
        outbox.sequence(session)
    with database.reading() as session:
        page = outbox.read(session, 0, 5000)
    return [decode(entry.body) for entry in page.entries]
