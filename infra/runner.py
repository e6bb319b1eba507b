"""Runs services in this process until it is told to stop.

Importing this module patches the standard library for eventlet, so it comes before any other
import: only a process that hosts services imports it.
"""

import warnings

# That eventlet is in bugfix mode is known; it is kept at the edges, see docs/decisions.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import signal  # noqa: E402
from collections.abc import Sequence  # noqa: E402

import structlog  # noqa: E402

from infra import logging, rpc  # noqa: E402
from infra.bus import rabbitmq  # noqa: E402
from infra.config import Config  # noqa: E402
from infra.service import Container, Service  # noqa: E402

log = structlog.get_logger("infra.runner")


class Runner:
    """The containers of one process: one a service, and one beside it for its RPC."""

    def __init__(self, services: Sequence[type[Service]], config: Config) -> None:
        logging.setup(config.log_level, config.log_format, config.replica)
        self._config = config
        self._containers = [Container(cls, config) for cls in services]
        self._stop = eventlet.Event()
        self._rpc_threads: list[eventlet.greenthread.GreenThread] = []

    def run(self) -> None:
        """Start, serve until SIGTERM or SIGINT, finish what is in hand, return."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._asked_to_stop)
        for container in self._containers:
            self._start(container)
        if not self._config.embedded:
            self._rpc_threads = [eventlet.spawn(self._keep_rpc, main) for main in self._containers]
        self._stop.wait()
        self._finish()

    def _start(self, container: Container) -> None:
        container.start()
        if self._config.embedded:
            rpc.offer_directly(container)
        eventlet.spawn(self._watch, container)
        log.info(
            "service_started",
            service=container.service_name,
            address=self._config.addresses[container.service_name],
            mode="embedded" if self._config.embedded else "real",
        )

    def _watch(self, container: Container) -> None:
        try:
            container.wait()
        except Exception:
            # A supervisor starts the process again; half a process would answer half.
            log.exception("service_died", service=container.service_name)
            self._asked_to_stop()

    def _asked_to_stop(self, *_: object) -> None:
        if not self._stop.ready():
            self._stop.send()

    def _finish(self) -> None:
        log.info("stopping")
        for thread in self._rpc_threads:
            thread.kill()
        stopping = [eventlet.spawn(container.stop) for container in self._containers]
        for thread in stopping:
            thread.wait()
        log.info("stopped")

    def _keep_rpc(self, beside: Container) -> None:
        """Host the RPC methods for as long as there is a broker; begin again when it is back."""
        while True:
            container = None
            try:
                # nameko's own start would wait for a silent broker for ever.
                rabbitmq.connect(self._config.amqp_uri or "").close()
                container = Container(beside.service_cls, self._config, beside)
                container.start()
                container.wait()
            except eventlet.greenlet.GreenletExit:
                if container is not None:
                    container.stop()
                raise
            except Exception as error:
                log.warning("rpc_waiting", service=beside.service_name, error=str(error)[:300])
            eventlet.sleep(1.0)
