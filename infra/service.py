"""What every service is made of: its dependencies, its common routes, its life.

A service class derives from `Service`, names itself, and adds routes, RPC methods, subscriptions
and timers. Its transactions are `self.database.writing()` and `.reading()`.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import structlog
from eventlet.event import Event as Result
from marshmallow import Schema
from nameko.containers import ServiceContainer
from nameko.extensions import (
    DependencyProvider,
    Entrypoint,
    ProviderCollector,
    SharedExtension,
    iter_extensions,
    register_entrypoint,
)

from infra import context, feed, migrate, openapi, outbox, rpc, telemetry
from infra.auth import Caller, Tokens
from infra.bus import inprocess, rabbitmq
from infra.bus.pump import Pump
from infra.config import Config
from infra.database import Database
from infra.errors import Forbidden, Unavailable
from infra.feed import Feed, RemoteFeed
from infra.fields import QueryCount, Request
from infra.freshness import Freshness
from infra.http import Raw, Route, route
from infra.relay import Relay
from infra.subscription import Handler, Subscription
from infra.units import ROOT, Units

log = structlog.get_logger("infra.service")

Method = TypeVar("Method", bound=Callable[..., Any])


class Container(ServiceContainer):
    """A nameko container that knows Samtal's configuration.

    With `rpc_only` it hosts the RPC methods alone: nameko's RPC needs the broker to start and may
    die of it, so it lives apart from HTTP, relay and subscription, which may not.
    """

    def __init__(self, service_cls: type["Service"], config: Config, *, rpc_only: bool) -> None:
        super().__init__(service_cls, _nameko_config(service_cls.name, config))
        self.settings = config
        self.rpc_only = rpc_only
        self.tokens = Tokens(config.secrets)
        self.units = Units()
        self.store = Database(config.database(service_cls.name), service_cls.name)
        self.rpc_entrypoints = [e for e in self.entrypoints if isinstance(e, rpc.Rpc)]
        self.routes = [e for e in self.entrypoints if isinstance(e, Route)]
        self._keep_only(rpc_only)

    def _keep_only(self, rpc_only: bool) -> None:
        kept = {e for e in self.entrypoints if isinstance(e, rpc.Rpc) == rpc_only}
        self.entrypoints.intersection_update(kept)
        self.subextensions.clear()
        for extension in self.entrypoints | self.dependencies:
            self.subextensions.update(iter_extensions(extension))


class StoreProvider(DependencyProvider):
    """`self.database`: the service's own database."""

    def setup(self) -> None:
        """Embedded, bring the schema up to date and make the service ready for its first use."""
        container = self.container
        if container.settings.embedded:
            migrate.upgrade(container.store.engine, container.service_name)
            container.service_cls.prepare(container.store)

    def get_dependency(self, worker_ctx: Any) -> Database:
        """The database."""
        return self.container.store  # type: ignore[no-any-return]

    def stop(self) -> None:
        """Close the connections."""
        self.container.store.close()


class CallerProvider(DependencyProvider):
    """`self.caller`: who the work in hand is done for; with it comes what the work belongs to."""

    def worker_setup(self, worker_ctx: Any) -> None:
        """Let the worker's events and log lines carry the request's correlation."""
        context.begin(worker_ctx.data.get("context", context.NOTHING))

    def get_dependency(self, worker_ctx: Any) -> Caller | None:
        """The caller; None for a subscription, a timer or a route without a token."""
        return worker_ctx.data.get("caller")  # type: ignore[no-any-return]


class UnitsProvider(DependencyProvider):
    """`self.units`: the organisation as this service knows it."""

    def get_dependency(self, worker_ctx: Any) -> Units:
        """The units."""
        return self.container.units  # type: ignore[no-any-return]


class SettingsProvider(DependencyProvider):
    """`self.settings`: the configuration of this process."""

    def get_dependency(self, worker_ctx: Any) -> Config:
        """The configuration."""
        return self.container.settings  # type: ignore[no-any-return]


class RelayProvider(DependencyProvider):
    """Runs the relay of the service's outbox for as long as the container lives."""

    def start(self) -> None:
        """Start relaying."""
        self._relay: Relay | None = None
        if self.container.rpc_only:
            return
        settings, database = self.container.settings, self.container.store
        source = self.container.service_name
        if settings.embedded:
            deliver = inprocess.BUS.publisher(source, database)
        else:
            deliver = rabbitmq.Publisher(settings.amqp_uri, source, database).deliver
        self._relay = Relay(database, deliver)
        self._thread = self.container.spawn_managed_thread(self._relay.run)

    def get_dependency(self, worker_ctx: Any) -> Relay | None:
        """The relay."""
        return self._relay

    def stop(self) -> None:
        """Relay what is committed, then stop."""
        if self._relay is not None:
            self._relay.stop()
            self._thread.wait()


class SubscriptionRunner(SharedExtension, ProviderCollector):
    """The one subscription of a service, driven by the bus of the mode."""

    def start(self) -> None:
        """Consume, once every handler has registered."""
        container = self.container
        self._subscription = Subscription(container.service_name, container.store)
        for provider in self._providers:
            self._subscription.add(provider.handler())
        self._consumer: inprocess.Consumer | rabbitmq.Consumer | None = None
        if container.rpc_only:
            return
        if container.settings.embedded:
            self._consumer = inprocess.Consumer(self._subscription)
        else:
            self._consumer = self._over_the_broker(container.settings)
        self._thread = container.spawn_managed_thread(self._consumer.run)

    def stop(self) -> None:
        """Finish the batch in hand, then stop."""
        if self._consumer is not None:
            self._consumer.stop()
            self._thread.wait()

    def freshness(self) -> Freshness:
        """How far behind the subscription is, to be asked."""
        return Freshness(self._subscription, self._feeds())

    def _feeds(self) -> Mapping[str, Feed]:
        settings = self.container.settings
        if settings.embedded:
            return inprocess.BUS.feeds
        token = self.container.tokens.for_service(self.container.service_name)
        return {
            source: RemoteFeed(settings.url(source), token) for source in self._subscription.sources
        }

    def _over_the_broker(self, settings: Config) -> rabbitmq.Consumer:
        pump = Pump(self._subscription, self._feeds())
        consumer = rabbitmq.Consumer(settings.amqp_uri or "", self._subscription, pump)
        self.container.spawn_managed_thread(consumer.catch_up)
        return consumer


class FreshnessProvider(DependencyProvider):
    """`self.lag`: how far the service's subscription is behind."""

    runner = SubscriptionRunner()

    def get_dependency(self, worker_ctx: Any) -> SubscriptionRunner:
        """What can be asked for a report."""
        return self.runner


class Subscribe(Entrypoint):
    """One type of event that a method handles, in batches, inside the batch's transaction."""

    runner = SubscriptionRunner()

    def __init__(self, event_type: str, fields: type[Schema]) -> None:
        super().__init__()
        self.event_type = event_type
        self.fields = fields

    def setup(self) -> None:
        """Register with the service's subscription."""
        self.runner.register_provider(self)

    def stop(self) -> None:
        """Finish the batch in hand before the database and the relay go."""
        self.runner.stop()

    def handler(self) -> Handler:
        """What the subscription calls."""
        return Handler(self.event_type, self.fields(), _Runs(self))


class _Runs:
    """Calls a method as a nameko worker; equal for the event types that share the method."""

    def __init__(self, entrypoint: Subscribe) -> None:
        self._entrypoint = entrypoint
        self._key = entrypoint.method_name

    def __call__(self, session: Any, events: list[Any]) -> None:
        outcome = Result()

        def handled(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            outcome.send(result, exc_info)
            return result, exc_info

        self._entrypoint.container.spawn_worker(
            self._entrypoint, (session, events), {}, handle_result=handled
        )
        outcome.wait()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Runs) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)


def subscribe(event_type: str, fields: type[Schema]) -> Callable[[Method], Method]:
    """Handle `event_type` (`campaign.conversation_logged.v1`) with the decorated method.

    The method gets the transaction's session and a list of events, each once, whose data holds
    the loaded `fields`. What it writes and the mark that they are handled are one commit.
    """

    def register(function: Method) -> Method:
        register_entrypoint(function, Subscribe(event_type, fields))
        return function

    return register


class EventsQuery(Request):
    """Where to read the feed from."""

    after = QueryCount(0, load_default=0)
    limit = QueryCount(1, 5000, load_default=1000)


class Service:
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


def _nameko_config(name: str, config: Config) -> dict[str, Any]:
    return {
        "AMQP_URI": config.amqp_uri or "",
        "WEB_SERVER_ADDRESS": config.listen or config.addresses[name],
        "max_workers": 200,
        "HEARTBEAT": 10,
    }
