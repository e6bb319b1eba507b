"""Runs services in this process until it is told to stop.

Importing this module patches the standard library for eventlet, so it comes before any other
import: only a process that hosts services imports it.
"""

import warnings

# That eventlet is in bugfix mode is known; it is kept at the edges, see docs/decisions.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import gc  # noqa: E402
import signal  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from dataclasses import replace  # noqa: E402

import structlog  # noqa: E402

from infra import green, logging, rpc  # noqa: E402
from infra.bus import rabbitmq  # noqa: E402
from infra.config import Config  # noqa: E402
from infra.errors import DeclaredOtherwise  # noqa: E402
from infra.service import Container, Service  # noqa: E402

green.limit_waiting()
log = structlog.get_logger("infra.runner")

RPC_DRAIN = 5.0
"""Seconds that a stopping process gives the calls in hand."""


class Runner:
    """The containers of one process: one a service, and one beside it for its RPC."""

    def __init__(self, services: Sequence[type[Service]], config: Config) -> None:
        logging.setup(config.log_level, config.log_format, config.replica)
        self._config = config
        self._containers = [Container(cls, config) for cls in services]
        self._rpc: dict[str, Container] = {}
        self._stop = eventlet.Event()
        self._failed = False
        self.refusals: list[str] = []
        """Why services of this process were not begun, or were ended, while the others went on."""

    def run(self) -> int:
        """Start, serve until SIGTERM or SIGINT, finish what is in hand; the exit status."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._asked_to_stop)
        for container in self._containers:
            self._start(container)
        _leave_alone_what_stays()
        self._stop.wait()
        self._finish()
        return 1 if self._failed else 0

    def _start(self, container: Container) -> None:
        container.start()
        if self._config.embedded:
            rpc.offer_directly(container)
        else:
            eventlet.spawn(self._keep_rpc, container)
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
        except DeclaredOtherwise as error:
            self._leave_out(container, str(error))
        except Exception:
            # A supervisor starts the process again; half a process would answer half.
            log.exception("service_died", service=container.service_name)
            self._failed = True
            self._asked_to_stop()

    def _leave_out(self, container: Container, reason: str) -> None:
        # Started again it would say the same; the other services here need not suffer for it.
        log.error("service_refused", service=container.service_name, reason=reason)
        self.refusals.append(reason)
        self._failed = True
        self._containers.remove(container)
        if beside := self._rpc.pop(container.service_name, None):
            _stop_rpc(beside)
        container.store.close()
        if not self._containers:
            self._asked_to_stop()

    def _asked_to_stop(self, *_: object) -> None:
        if not self._stop.ready():
            self._stop.send()

    def _finish(self) -> None:
        log.info("stopping")
        stopping = [eventlet.spawn(_stop_rpc, container) for container in self._rpc.values()]
        stopping += [eventlet.spawn(container.stop) for container in self._containers]
        for thread in stopping:
            thread.wait()
        log.info("stopped")

    def _keep_rpc(self, beside: Container) -> None:
        """Host the RPC methods for as long as there is a broker; begin again when it is back."""
        waiting = False
        nodes = rabbitmq.Nodes(self._config.amqp_uri or "")
        while not self._stop.ready() and beside in self._containers:
            try:
                # nameko's own start would wait for a silent broker for ever.
                nodes.connect().collect()
                answering = replace(self._config, amqp_uri=nodes.at)
                container = Container(beside.service_cls, answering, beside)
                container.start()
                self._rpc[beside.service_name] = container
                if beside not in self._containers:
                    _stop_rpc(container)
                waiting = False
                container.wait()
            except Exception as error:
                self._rpc.pop(beside.service_name, None)
                if not waiting:
                    log.warning("rpc_waiting", service=beside.service_name, error=str(error)[:300])
                waiting = True
            eventlet.sleep(1.0)


def _leave_alone_what_stays() -> None:
    """Have the garbage collector look at new objects alone, and seldom.

    Nearly all garbage goes by its count of references. Looking for the rest after every 700
    objects, through the whole heap at times, took a third of the time of counting an event.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _stop_rpc(container: Container) -> None:
    # nameko waits for ever for a broker that is away; the process ends either way.
    with eventlet.Timeout(RPC_DRAIN, False):
        container.stop()
