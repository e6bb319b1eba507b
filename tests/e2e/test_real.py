"""The real mode under the faults of an ordinary week: everything is counted, once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest

from infra.config import SERVICES
from tests import process
from tests.conftest import System, migrate, real_environment
from tests.process import Running, eventually
from tests.servers import RabbitServer, free_ports, postgres, rabbitmq

Starter = Callable[..., Running]


class Platform:
    """A broker, databases and services of a test's own, to be broken at will."""

    def __init__(self, home: Path, broker: RabbitServer, env: dict[str, str]) -> None:
        self.home = home
        self.broker = broker
        self.env = env
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.all: list[Running] = []
        self.running: dict[str, Running] = {}

    def start(self, *services: str) -> None:
        for name in services:
            self.running[name] = self.replica(name, self.ports)

    def replica(self, name: str, ports: dict[str, int] | None = None) -> Running:
        """One more process of a service, on a port of its own unless `ports` are given."""
        own = ports or {**self.ports, name: free_ports(1)[0]}
        started = process.start([name], self.home, self.env, ports=own)
        self.all.append(started)
        return started

    def system(self) -> System:
        return System(self.running, "real")

    def report(self, count: int = 1, to: Running | None = None) -> None:
        body = {
            "id": str(uuid4()),
            "unit": "1280",
            "arena": "door",
            "held_on": "2026-03-03",
            "count": count,
        }
        answer = (to or self.running["campaign"]).call("POST", "campaign", "/conversations", body)
        assert answer.status_code == 201, answer.text

    def conversations(self, unit: str = "SE") -> int:
        path = f"/goals/conversations?unit={unit}&year=2026"
        goal = self.running["metrics"].call("GET", "metrics", path).json()
        value: int = goal["value"]
        return value

    def counts(self, expected: int) -> None:
        """The board comes to show exactly that, and stays there once nothing is under way."""
        eventually(lambda: self.conversations() >= expected, f"{expected} counted", 60)
        self.system().settle()
        assert self.conversations() == expected
        assert self.conversations("1280") == expected


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("platform")
    with rabbitmq() as broker, postgres() as server:
        server.create_databases(SERVICES)
        env = real_environment(broker, server)
        migrate(home, env)
        found = Platform(home, broker, env)
        try:
            found.start(*SERVICES)
            organisation = ["import", "units", str(process.ORGANISATION)]
            process.samtal(organisation, home, found.running["membership"].env)
            found.system().settle()
            yield found
        finally:
            for running in found.all:
                running.close()


@pytest.fixture
def before(platform: Platform) -> int:
    platform.system().settle()
    return platform.conversations()


def test_what_is_reported_while_the_broker_is_down_is_counted_when_it_is_back(
    platform: Platform, before: int
) -> None:
    platform.broker.settle()
    platform.broker.kill()
    for _ in range(50):
        platform.report()
    assert platform.running["campaign"].call("GET", "campaign", "/health/ready").ok
    platform.broker.start()
    platform.counts(before + 50)


def test_services_start_and_are_ready_without_a_broker(platform: Platform, before: int) -> None:
    platform.running["campaign"].stop()
    platform.broker.settle()
    platform.broker.kill()
    platform.start("campaign")
    platform.report(5)
    platform.broker.start()
    platform.counts(before + 5)


@pytest.mark.parametrize("service", ["campaign", "metrics"])
def test_a_service_killed_under_load_comes_back_and_nothing_is_lost_or_doubled(
    platform: Platform, before: int, service: str
) -> None:
    reporter = platform.replica("campaign")
    for number in range(120):
        platform.report(to=reporter)
        if number == 60:
            platform.running[service].kill()
    platform.start(service)
    platform.counts(before + 120)
    reporter.stop()


def test_several_replicas_of_each_count_everything_once(platform: Platform, before: int) -> None:
    extra = [platform.replica(name) for name in ("campaign", "metrics", "metrics")]
    for number in range(200):
        platform.report(to=extra[0] if number % 2 else None)
    platform.counts(before + 200)
    for running in extra:
        assert running.stop() == 0


def test_a_subscription_whose_queue_is_gone_reads_the_feeds(
    platform: Platform, before: int
) -> None:
    platform.running["metrics"].stop()
    platform.broker.ctl("delete_queue", "metrics.subscription")
    for _ in range(30):
        platform.report()
    platform.start("metrics")
    platform.counts(before + 30)


def test_a_poisoned_message_is_set_aside_and_what_it_blocked_goes_on(
    platform: Platform, before: int
) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(platform.broker.uri))
    channel = connection.channel()
    for body, properties in (
        (b"\xff\xfe", {}),
        (b"{}", {"content_type": "text/html"}),
        (b'{"specversion":"1.0"}', {"headers": {"nameko.call_id_stack": 5}}),
    ):
        channel.basic_publish(
            "campaign.events", "conversation_logged", body, pika.BasicProperties(**properties)
        )
    connection.close()
    platform.report(7)
    eventually(lambda: platform.conversations() == before + 7, "the good one is counted", 30)
    kept = eventually(lambda: freshness(platform)["kept"], "the bad ones are kept", 30)
    assert kept == 3


def freshness(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = platform.running["metrics"].call("GET", "metrics", "/freshness").json()
    return found
