"""The nameko container of a service, with what Samtal's dependencies need of it."""

import sys
from collections.abc import Callable
from typing import Any

import eventlet
from nameko.containers import ServiceContainer, WorkerContext
from nameko.extensions import iter_extensions

from infra import rpc
from infra.auth import Tokens
from infra.config import Config
from infra.database import Database
from infra.errors import DeclaredOtherwise
from infra.units import CHANGED, Units


class Container(ServiceContainer):
    """A nameko container that knows Samtal's configuration.

    Made `beside` another one it hosts the RPC methods alone, over the other's database: nameko's
    RPC needs the broker to start and may die of it, so it lives apart from HTTP, relay and
    subscription, which may not.
    """

    def __init__(
        self, service_cls: type[Any], config: Config, beside: "Container | None" = None
    ) -> None:
        super().__init__(service_cls, _nameko_config(service_cls.name, config))
        name = service_cls.name
        self.settings = config
        self.rpc_only = beside is not None
        self.tokens: Tokens = beside.tokens if beside else Tokens(config.secrets)
        self.units: Units = beside.units if beside else Units()
        self.store: Database = beside.store if beside else Database(config.database(name), name)
        if beside is None:
            self.store.after_commit(CHANGED, self.units.forget)
        self.rpc_entrypoints = [e for e in self.entrypoints if isinstance(e, rpc.Rpc)]
        self._keep_only(self.rpc_only)

    def worker(self, entrypoint: Any) -> Any:
        """An instance of the service with its dependencies, outside nameko's pool of workers.

        For what runs inside a transaction: waiting there for a place in the pool, which requests
        that wait for the transaction may have filled, would never end.
        """
        service = self.service_cls()
        worker_ctx = WorkerContext(self, service, entrypoint)
        for provider in self.dependencies:
            setattr(service, provider.attr_name, provider.get_dependency(worker_ctx))
        return service

    def host(self, work: Callable[[], None]) -> Any:
        """Run `work` in a thread of the container; what it refuses to go on with ends the latter.

        Whoever waits for the container is told, without the traceback that nameko would log.
        """

        def guarded() -> None:
            try:
                work()
            except DeclaredOtherwise:
                eventlet.spawn(self.kill, sys.exc_info())

        return self.spawn_managed_thread(guarded)

    def _keep_only(self, rpc_only: bool) -> None:
        kept = {e for e in self.entrypoints if isinstance(e, rpc.Rpc) == rpc_only}
        self.entrypoints.intersection_update(kept)
        self.subextensions.clear()
        for extension in self.entrypoints | self.dependencies:
            self.subextensions.update(iter_extensions(extension))


def _nameko_config(name: str, config: Config) -> dict[str, Any]:
    return {
        "AMQP_URI": config.amqp_uri or "",
        "WEB_SERVER_ADDRESS": config.listen or config.addresses[name],
        "max_workers": 200,
        "HEARTBEAT": 10,
    }
