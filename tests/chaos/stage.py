"""What the faults strike: a broker cluster, a database, services, and the network between them."""

import hashlib
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import requests

from infra.auth import SCOPES, Tokens
from infra.config import SERVICES
from infra.secrets import Secrets
from tests import process
from tests.chaos.clock import Clock
from tests.chaos.disk import Disk
from tests.chaos.proxy import Network
from tests.chaos.watch import Watch
from tests.process import Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports, postgres, rabbitmq
from tests.servers.guard import Guard

NODES = 3
# As docs/operating.md has it for a cluster: a node that stands still is out after seconds.
CLUSTER = """\
net_ticktime = 3
cluster_partition_handling = pause_minority
"""
REDELIVERED = re.compile(r"messages_redelivered_total => (\d+)")
LETTERS = "SELECT encode(sha256(body), 'hex') || ' ' || error FROM dead_letter"


class Stage:
    """The whole platform, its services each a process that can be killed and started again."""

    def __init__(
        self,
        home: Path,
        broker: RabbitServer,
        database: PostgresServer,
        disk: Disk | None = None,
        mutation: str | None = None,
    ) -> None:
        self.home, self.broker, self.database, self.disk = home, broker, database, disk
        self.mutation = mutation
        self.clock = Clock(home)
        self.network = Network()
        self.to_broker = [self.network.proxy(node.port) for node in broker.nodes]
        self.to_database = self.network.proxy(database.port)
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.env = {
            **self.clock.env,
            "SAMTAL_AMQP_URI": ";".join(
                f"amqp://guest:guest@127.0.0.1:{proxy.port}/" for proxy in self.to_broker
            ),
            "SAMTAL_DATABASE_URL": database.url_template.replace(
                f":{database.port}/", f":{self.to_database.port}/"
            ),
        }
        self.running: dict[str, Running] = {}
        self.complaints: list[str] = []
        self.expected_letters: set[str] = set()
        self.offered_again = 0
        self.nodes_restarted = 0
        # Good for as long as a run takes, also by a clock that is ahead.
        tokens = Tokens(Secrets(token_key=process.TOKEN_KEY))
        self.token = tokens.sign("chaos", " ".join(SCOPES), "SE", 24 * 3600)
        self._guard = Guard()
        self._turn = threading.RLock()

    @property
    def urls(self) -> dict[str, str]:
        """Where the services answer."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}

    def get(self, service: str, path: str) -> Any:
        """What a service answers to a GET, asked again while it or its database is away."""
        asking = partial(self._answers, service, path)
        (answer,) = eventually(asking, f"{service} answers {path}", 120)
        answer.raise_for_status()
        return answer.json()

    def board(self, unit: str, year: int) -> dict[str, Any]:
        """A unit's goal board."""
        found: dict[str, Any] = self.get("metrics", f"/goals?unit={unit}&year={year}")
        return found

    def start(self, *services: str, probe: str = "live") -> None:
        """Start services that are not running, all at once."""
        with ThreadPoolExecutor() as pool:
            started = pool.map(lambda name: self.replica(name, self.ports, probe), services)
            self.running |= dict(zip(services, started, strict=True))

    def replica(
        self, name: str, ports: dict[str, int] | None = None, probe: str = "live"
    ) -> Running:
        """One more process of a service, on a port of its own unless `ports` are given."""
        own = ports or {**self.ports, name: free_ports(1)[0]}
        module = ["tests.chaos.mutated", self.mutation] if self.mutation else ["samtal"]
        started = process.start([name], self.home, self.env, ports=own, probe=probe, module=module)
        self._guard.process_started(started.process.pid, signal.SIGKILL)
        return started

    def kill(self, *running: Running) -> None:
        """End processes at this very instruction, all at once."""
        for each in running:
            each.process.kill()
        for each in running:
            each.kill()
            self._ended(each)

    def stop(self, running: Running) -> None:
        """Ask a process to stop; it must leave in good time and order."""
        name = running.services[0]
        try:
            status = running.stop()
        except TimeoutError as error:
            raise AssertionError(f"{name} does not stop") from error
        if status != 0:
            self.complaints.append(f"{name} stopped with status {status}")
        self._ended(running)

    def mend(self) -> None:
        """Start again whatever died by itself, and complain of it."""
        with self._turn:
            for name, running in list(self.running.items()):
                if running.process.poll() is not None:
                    self.complaints.append(
                        f"{name} died by itself, status {running.process.returncode}"
                    )
                    self._ended(running)
                    self.start(name)

    def redelivered(self) -> int:
        """How many messages the broker has delivered again, by its own counters."""
        found = self.broker.nodes[0].ctl("eval", "rabbit_global_counters:overview().")
        others = [
            node.ctl("eval", "rabbit_global_counters:overview().")
            for node in self.broker.nodes[1:]
            if node.running
        ]
        return sum(int(n) for text in (found, *others) for n in REDELIVERED.findall(text))

    def waiting(self) -> int:
        """How many messages are in any queue, acknowledged ones excepted."""
        lines = self.broker.ctl("list_queues", "--no-table-headers", "name", "messages")
        return sum(int(line.split()[1]) for line in lines.splitlines() if ".subscription" in line)

    def expect_letter(self, body: bytes) -> None:
        """A message was offered that metrics must set aside."""
        self.expected_letters.add(hashlib.sha256(body).hexdigest())

    def letters(self) -> dict[str, str]:
        """The error of every message that metrics keeps, by the digest of its bytes."""
        lines = self.database.execute(LETTERS, database="metrics").splitlines()
        return dict(line.split(" ", 1) for line in lines if " " in line)

    def is_current(self) -> bool:
        """Whether every event has reached its subscribers."""
        reports = [self.get(name, "/freshness") for name in ("campaign", "training", "metrics")]
        behind = [s["behind_events"] for report in reports for s in report["sources"]]
        return all(n == 0 for n in behind)

    def settle(self, seconds: float = 180.0) -> None:
        """Wait until every event has had its effect and the queues are empty."""
        eventually(self.is_current, "every subscription is current", seconds)
        eventually(lambda: self.waiting() == 0, "the queues are empty", seconds)

    def close(self) -> None:
        """Leave nothing running."""
        for running in self.running.values():
            running.close()
        self.network.close()

    def _answers(self, service: str, path: str) -> list[requests.Response]:
        try:
            answer = self.running[service].call("GET", service, path, token=self.token)
        except requests.RequestException:
            return []
        return [answer] if answer.status_code != 503 else []

    def _ended(self, running: Running) -> None:
        self._guard.process_ended(running.process.pid, signal.SIGKILL)


@contextmanager
def stage(home: Path, disk: Disk | None = None, mutation: str | None = None) -> Iterator[Stage]:
    """The platform, started, with the reference organisation loaded and known everywhere.

    PostgreSQL keeps its data on `disk` if there is one.
    """
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        cluster = pool.submit(stack.enter_context, rabbitmq(nodes=NODES, config=CLUSTER))
        place = disk.folder / "postgres" if disk else None
        database = stack.enter_context(postgres(place, {"max_wal_size": "256MB"}))
        database.create_databases(SERVICES)
        found = Stage(home, cluster.result(), database, disk, mutation)
        stack.callback(found.close)
        process.samtal(["migrate"], home, found.env)
        found.start(*SERVICES, probe="ready")
        organisation = ["import", "units", str(process.ORGANISATION)]
        process.samtal(organisation, home, found.running["membership"].env)
        found.settle()
        # A queue that a killed node has not written down yet never comes back.
        found.broker.settle()
        yield found


@contextmanager
def watched(found: Stage) -> Iterator[Watch]:
    """A watch on the stage's databases."""
    watch = Watch(found.database)
    watch.start()
    try:
        yield watch
    finally:
        watch.close()
