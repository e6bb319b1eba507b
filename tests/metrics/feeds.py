"""Metrics' own handlers over feeds in memory: what is counted, without a service or a broker."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import uuid4

import orjson
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.database import Base, Database
from infra.event import Event
from infra.inbox import Handled
from infra.outbox import Entry, Page
from infra.rebuild.work import Plan
from infra.service.subscribe import Subscribe
from infra.subscription import Handle, Handler, Subscription
from services.metrics.placements import Known
from services.metrics.service import MetricsService
from services.metrics.service.counting import COUNTED


class MemoryFeed:
    """A producer's feed; `before_read` is called with the position that is asked for."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.epoch = "first"
        self.entries: list[Entry] = []
        self.before_read: Callable[[int], object] = lambda _: None

    def publish(self, name: str, data: dict[str, Any]) -> None:
        """One more event of version 1."""
        position, event_id = len(self.entries) + 1, uuid4()
        body = orjson.dumps(
            {
                "id": event_id,
                "source": f"/{self.source}",
                "type": f"{self.source}.{name}.v1",
                "time": "2026-01-01T00:00:00Z",
                "data": data,
                "position": position,
                "epoch": self.epoch,
            }
        )
        self.entries.append(Entry(position, event_id, name, body, self.epoch))

    def read(self, after: int, limit: int) -> Page:
        """As Feed.read."""
        self.before_read(after)
        return Page(self.entries[after : after + limit], len(self.entries), self.epoch, 0)


class Metrics:
    """The live subscription of metrics on one database, and the feeds that it hears of."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.feeds = {name: MemoryFeed(name) for name in ("membership", "campaign", "training")}
        self.subscription = Subscription("metrics", database)
        service = MetricsService()
        service.placements = Known()  # type: ignore[assignment]
        for method, entrypoint in subscriptions(service):
            self.subscription.add(Handler(entrypoint.event_type, entrypoint.fields(), method))
        self.delivered = dict.fromkeys(self.feeds, 0)

    def deliver(self, limit: int = 10**9) -> None:
        """Handle live what is published and was not delivered yet, at most `limit` of each."""
        for name, feed in self.feeds.items():
            after = self.delivered[name]
            news = feed.entries[after : after + limit]
            self.handle(news)
            self.delivered[name] = after + len(news)

    def handle(self, entries: Sequence[Entry]) -> None:
        """Handle live, in batches."""
        for start in range(0, len(entries), 500):
            self.subscription.process([entry.body for entry in entries[start : start + 500]])

    def plan(self) -> Plan:
        """What a rebuild of all that is counted takes."""
        return Plan(self.subscription, self.feeds, COUNTED)

    def failing_once(self, event_type: str, error: Exception) -> Handler:
        """From now on the handler of a type fails; what it was before is answered."""
        before = self.subscription.handlers[event_type]

        def fail(_session: Session, _events: list[Event]) -> None:
            raise error

        self.subscription.add(Handler(event_type, before.fields, fail))
        return before


def subscriptions(service: MetricsService) -> Iterable[tuple[Handle, Subscribe]]:
    """The service's handlers, as methods of `service`, with the types that they are for."""
    for name in dir(type(service)):
        function = getattr(type(service), name)
        for entrypoint in getattr(function, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            if isinstance(entrypoint, Subscribe):
                yield getattr(service, name), entrypoint


def rows(database: Database, *models: type[Base]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of what is counted and marked, sorted.

    Without rows of zeros: they tell nothing, and depend on what came together in a batch.
    """
    found = {}
    with database.reading() as session:
        for model in models or (*COUNTED, Handled):
            table = model.__table__
            keys = list(table.primary_key.columns)  # type: ignore[attr-defined]
            query = select(table).order_by(*keys)
            if "value" in table.c:
                query = query.where(
                    or_(*(table.c[n] != 0 for n in ("value", "own") if n in table.c))
                )
            found[model.__tablename__] = [tuple(row) for row in session.execute(query)]
    return found
