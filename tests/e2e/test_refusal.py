"""A service does not start on a queue or an exchange that is declared otherwise."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import amqp
import pytest
import requests

from infra.bus.rabbitmq import connect
from infra.config import SERVICES
from tests import process
from tests.conftest import migrate, own_databases
from tests.process import Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports

QUEUE = "metrics.subscription"
QUORUM = {"x-queue-type": "quorum"}


class Site:
    """A virtual host of the test's own."""

    def __init__(self, home: Path, broker: RabbitServer, databases: PostgresServer) -> None:
        broker.ctl("add_vhost", "refusal")
        broker.ctl("set_permissions", "-p", "refusal", "guest", ".*", ".*", ".*")
        self.home, self.uri = home, f"{broker.uri}refusal"
        self.env = {"SAMTAL_AMQP_URI": self.uri, **own_databases(databases, "refusal")}
        self.transport = connect(self.uri)
        self.channel: amqp.Channel = self.transport.channel()

    def start(self, *services: str) -> subprocess.Popen[bytes]:
        """A process that is not waited for; its log is `refusal.log`."""
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        with (self.home / "refusal.log").open("wb") as log:
            return subprocess.Popen(
                [process.sys.executable, "-m", "samtal", "run", *services],
                env=process.environment(self.home, self.ports, self.env),
                cwd=process.PROJECT,
                stdout=log,
                stderr=log,
            )

    def said(self) -> list[str]:
        """What the process has written so far."""
        return (self.home / "refusal.log").read_text(encoding="utf-8").splitlines()

    def refusals(self) -> list[dict[str, Any]]:
        """Its log lines that say so."""
        lines = [json.loads(line) for line in self.said() if line.startswith("{")]
        return [line for line in lines if line["event"] == "service_refused"]


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, broker: RabbitServer, databases: PostgresServer
) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("refusal"), broker, databases)
    migrate(site.home, site.env)
    yield site
    site.transport.close()
    broker.ctl("delete_vhost", "refusal")


@pytest.fixture
def site(whole: Site) -> Iterator[Site]:
    """The virtual host without anything in the way, before and after."""
    yield whole
    for queue in (QUEUE, f"{QUEUE}.dead"):
        whole.channel.queue_delete(queue)
    for exchange in ("campaign.events", f"{QUEUE}.dead"):
        whole.channel.exchange_delete(exchange)


def queue_of_another_type(site: Site) -> str:
    site.channel.queue_declare(QUEUE, durable=True, auto_delete=False)
    return f"queue {QUEUE} "


def queue_with_another_limit(site: Site) -> str:
    arguments = {**QUORUM, "x-delivery-limit": 3}
    site.channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=arguments)
    return f"queue {QUEUE} "


def exchange_of_another_type(site: Site) -> str:
    site.channel.exchange_declare("campaign.events", "fanout", durable=True, auto_delete=False)
    return "exchange campaign.events "


@pytest.mark.parametrize(
    "wrong", [queue_of_another_type, queue_with_another_limit, exchange_of_another_type]
)
def test_the_process_ends_with_one_sentence_that_says_what_to_do(site: Site, wrong: Any) -> None:
    named = wrong(site)
    started = site.start("metrics")
    try:
        assert started.wait(30) == 1
    finally:
        started.kill()
        started.wait()
    (refused,) = site.refusals()
    assert (refused["service"], refused["level"]) == ("metrics", "error")
    assert named in refused["reason"]
    assert "delete it" in refused["reason"]
    assert site.said()[-1] == f"samtal: {refused['reason']}"
    assert not any("raceback" in line for line in site.said())


def test_a_producer_refuses_an_exchange_of_another_type(site: Site) -> None:
    exchange_of_another_type(site)
    started = site.start("campaign")
    try:
        assert started.wait(30) == 1
    finally:
        started.kill()
        started.wait()
    assert site.said()[-1].startswith("samtal: The broker has another exchange campaign.events ")


def test_the_other_services_of_the_process_go_on(site: Site) -> None:
    queue_of_another_type(site)
    others = [name for name in SERVICES if name != "metrics"]
    started = site.start(*SERVICES)
    try:
        eventually(site.refusals, "metrics refuses", 40)
        ports = site.ports
        for name in others:
            url = f"http://127.0.0.1:{ports[name]}/health/ready"
            eventually(lambda u=url: requests.get(u, timeout=5).ok, f"{name} is ready")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{ports['metrics']}/health/live", timeout=5)
        eventually(lambda: consumers(site, "rpc-campaign") == 1, "RPC of the others is answered")
        eventually(lambda: not consumers(site, "rpc-metrics"), "RPC of metrics is not")
        started.terminate()
        assert started.wait(30) == 1
    finally:
        started.kill()
        started.wait()
    assert site.said()[-1].startswith("samtal: The broker has another queue")


def test_with_the_queue_deleted_it_starts(site: Site) -> None:
    running: Running = process.start(["metrics"], site.home, site.env)
    try:
        eventually(lambda: consumers(site, QUEUE), "the queue is there, and taken from")
        assert running.stop() == 0
    finally:
        running.close()


def consumers(site: Site, queue: str) -> int:
    """How many take from a queue; none if it is not there."""
    channel = site.transport.channel()
    try:
        return int(channel.queue_declare(queue, passive=True).consumer_count)
    except amqp.NotFound:
        return 0
