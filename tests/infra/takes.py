"""A subscription whose handler fails when it is told to, and what is kept of it."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.database import Database
from infra.deadletters import DeadLetter
from infra.event import Event
from infra.fields import Count, Data
from infra.subscription import Handler, Subscription
from tests.infra.samples import published

TYPE = "sample.thing_happened.v1"


class ThingData(Data):
    number = Count(required=True)


class Takes:
    """A handler that remembers what it took, and fails for the numbers it is told to."""

    def __init__(self, database: Database) -> None:
        self.taken: list[int] = []
        self.poison: set[int] = set()
        self.away = False
        self.subscription = Subscription("sub", database)
        self.subscription.add(Handler(TYPE, ThingData(), self.handle))

    def handle(self, session: Session, events: list[Event]) -> None:
        if self.away:
            raise OperationalError("", {}, Exception("the database is away"))
        numbers = [event.data["number"] for event in events]
        for number in numbers:
            if number in self.poison:
                raise RuntimeError(f"cannot take {number}")
        session.connection().exec_driver_sql("SELECT 1")
        self.taken += numbers


def letters(database: Database) -> list[DeadLetter]:
    with database.reading() as session:
        return list(session.scalars(select(DeadLetter)))


def bodies(database: Database, *numbers: int) -> list[bytes]:
    published(database, *numbers)
    with database.reading() as session:
        return [entry.body for entry in outbox.read(session, 0, 5000).entries]


def make_due(database: Database) -> None:
    """As if the delays were over."""
    with database.writing() as session:
        session.execute(
            update(DeadLetter)
            .where(DeadLetter.retry_at.is_not(None))
            .values(retry_at=clock.now() - timedelta(seconds=1))
        )
