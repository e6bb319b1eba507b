"""The routes and dependencies that all four services share."""

from typing import Any, ClassVar

from infra import feed, migrate, openapi, outbox, telemetry
from infra.database import Database
from infra.errors import Forbidden, Unavailable
from infra.fields import QueryCount, Request
from infra.http import Raw, route
from infra.service.deadletters import DeadLetters
from infra.service.dependencies import (
    CallerProvider,
    FreshnessProvider,
    RelayProvider,
    SettingsProvider,
    StoreProvider,
    UnitsProvider,
)
from infra.units import ROOT


class EventsQuery(Request):
    """Where to read the feed from."""

    after = QueryCount(0, load_default=0)
    limit = QueryCount(1, 5000, load_default=1000)


class Service(DeadLetters):
    """The routes and dependencies that all four services share."""

    name: ClassVar[str]

    database = StoreProvider()
    caller = CallerProvider()
    units = UnitsProvider()
    settings = SettingsProvider()
    relay = RelayProvider()
    subscription = FreshnessProvider()

    @classmethod
    def prepare(cls, database: Database) -> None:
        """What the service does before its first embedded start; nothing, unless it says so."""

    @route("GET", "/health/live", scope=None)
    def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "live"}

    @route("GET", "/health/ready", scope=None)
    def ready(self) -> dict[str, Any]:
        """The service's own database is reached and migrated; embedded, the units are known."""
        with self.database.reading() as session:
            if not migrate.is_current(session.connection(), self.name):
                raise Unavailable("The database is not migrated: run samtal migrate.")
            known = len(self.units.tree(session))
        if self.settings.embedded and known == 0:
            raise Unavailable("The organisation is not loaded yet.")
        return {"status": "ready", "units": known}

    @route("GET", "/prometheus", scope=None)
    def prometheus(self) -> Raw:
        """The series of this process."""
        return Raw(telemetry.render(), "text/plain; version=0.0.4; charset=utf-8")

    @route("GET", "/openapi.json", scope=None)
    def openapi(self) -> dict[str, Any]:
        """What this service can be asked, as OpenAPI 3.1."""
        service_cls: type = type(self)
        return openapi.document(service_cls)

    @route("GET", "/docs", scope=None)
    def docs(self) -> Raw:
        """The OpenAPI document as a page."""
        return Raw(openapi.page(self.name), "text/html; charset=utf-8")

    @route("GET", "/docs/<path:name>", scope=None)
    def docs_asset(self, name: str) -> Raw:
        """What the page is made of."""
        return Raw(*openapi.asset(name))

    @route("GET", "/freshness", scope="events:read")
    def freshness(self) -> dict[str, Any]:
        """How far this service is behind each service that it listens to."""
        report: dict[str, Any] = self.subscription.freshness().report()
        return report

    @route("GET", "/events", scope="events:read", query=EventsQuery)
    def events(self, query: dict[str, int]) -> Raw:
        """The feed: every event ever published, in order of position."""
        if self.caller.unit != ROOT:
            raise Forbidden("The feed needs a token for the whole organisation.")
        with self.database.reading() as session:
            page = outbox.read(session, query["after"], query["limit"])
        return Raw(feed.render(page, query["after"]), "application/json")
