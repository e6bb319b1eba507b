"""What a service depends on, as nameko injects it."""

from collections.abc import Sequence
from typing import Any

from nameko.extensions import DependencyProvider

from infra import context, migrate
from infra.auth import Caller
from infra.bus import inprocess, rabbitmq
from infra.config import Config
from infra.database import Base, Database
from infra.rebuild import Rebuilds
from infra.rebuild.work import Plan
from infra.relay import Relay
from infra.service.subscribe import SubscriptionRunner
from infra.units import Units


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
        if not self.container.rpc_only:
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
        self._thread = self.container.host(self._relay.run)

    def get_dependency(self, worker_ctx: Any) -> Relay | None:
        """The relay."""
        return self._relay

    def stop(self) -> None:
        """Relay what is committed, then stop."""
        if self._relay is not None:
            self._relay.stop()
            self._thread.wait()


class FreshnessProvider(DependencyProvider):
    """`self.subscription`: how far it is behind, and tries of what it keeps."""

    runner = SubscriptionRunner()

    def get_dependency(self, worker_ctx: Any) -> SubscriptionRunner:
        """What runs the service's subscription."""
        return self.runner


class RebuildProvider(DependencyProvider):
    """`self.rebuilds`: build the tables of `models`, which handlers write, anew from the feeds.

    The feed of the source `first` is read before the others. Handlers may use nothing but their
    session, since it is not always the live database's.
    """

    runner = SubscriptionRunner()

    def __init__(self, models: Sequence[type[Base]], first: str) -> None:
        self._models = models
        self._first = first

    def setup(self) -> None:
        """Nothing runs yet."""
        container = self.container
        self._rebuilds = Rebuilds(container.store, self._plan, container.spawn_managed_thread)

    def get_dependency(self, worker_ctx: Any) -> Rebuilds:
        """What begins a rebuild and tells of it."""
        return self._rebuilds

    def stop(self) -> None:
        """End a rebuild that runs here."""
        self._rebuilds.stop()

    def _plan(self) -> Plan:
        live, feeds = self.runner.subscription, self.runner.feeds()
        order = sorted(live.sources, key=lambda source: source != self._first)
        return Plan(live, {source: feeds[source] for source in order}, self._models)
