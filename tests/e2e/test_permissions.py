"""Every service works as a user of the broker that may do no more than it must."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from infra.config import SERVICES
from tests import process
from tests.conftest import System, migrate, own_databases
from tests.e2e.test_subscribers import Subscriber
from tests.process import eventually
from tests.servers import PostgresServer, RabbitServer, free_ports

VHOST = "guarded"
SUBSCRIBERS = ("plain_nameko", "bare_pika", "with_faststream")
CALLER = "ombud"
USERS = ("samtal", *SERVICES, *SUBSCRIBERS, CALLER)
LOGGED = "conversation_logged"
CLIENT = Path(__file__).parent / "rpc_client.py"


def publish(exchange: str, key: str = LOGGED) -> dict[str, Any]:
    return {"exchange": exchange, "routing_key": key, "body": b"{}"}


def listen(key: str, queue: str = "membership.subscription") -> dict[str, Any]:
    return {"queue": queue, "exchange": "nameko-rpc", "routing_key": key}


def consume(queue: str) -> dict[str, Any]:
    return {"queue": queue, "on_message_callback": print}


def unbind(queue: str) -> dict[str, Any]:
    return {"queue": queue, "exchange": "campaign.events", "routing_key": LOGGED}


class Site:
    """Four services, each as its own user, in a virtual host that the definitions made."""

    def __init__(self, home: Path, broker: RabbitServer, env: dict[str, str]) -> None:
        self.home, self.broker, self.env = home, broker, env
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.system = System({}, "real")

    def load(self) -> None:
        """As an operator: passwords, `samtal topology`, `rabbitmqctl import_definitions`."""
        passwords = self.home / "passwords"
        passwords.mkdir()
        for user in USERS:
            (passwords / user).write_text(f"of {user}\n", encoding="utf-8")
        others = [f"--subscriber={name}" for name in SUBSCRIBERS] + [f"--caller={CALLER}"]
        arguments = ["topology", "--vhost", VHOST, "--passwords", str(passwords), *others]
        file = self.home / "definitions.json"
        file.write_text(process.samtal(arguments, self.home, {}).stdout, encoding="utf-8")
        for _ in range(2):  # Again changes nothing.
            self.broker.ctl("import_definitions", str(file))

    def start(self, name: str) -> None:
        env = {**self.env, "SAMTAL_AMQP_URI": self.uri(name)}
        self.system.running[name] = process.start([name], self.home, env, ports=self.ports)

    def uri(self, user: str) -> str:
        port = self.broker.nodes[0].port
        return f"amqp://{user}:of%20{user}@127.0.0.1:{port}/{VHOST}"

    def report(self) -> str:
        body = {"id": str(uuid4()), "unit": "1280", "arena": "door", "held_on": "2026-03-03"}
        answer = self.system.call("POST", "campaign", "/conversations", body)
        assert answer.status_code == 201, answer.text
        return body["id"]

    def conversations(self) -> int:
        path = "/goals/conversations?unit=1280&year=2026"
        return int(self.system.call("GET", "metrics", path).json()["value"])

    def counts_one_more(self) -> None:
        before = self.conversations()
        self.report()
        eventually(lambda: self.conversations() == before + 1, "counted", 40)


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, broker: RabbitServer, databases: PostgresServer
) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("permissions")
    found = Site(home, broker, own_databases(databases, "permissions"))
    found.load()
    migrate(home, {**found.env, "SAMTAL_AMQP_URI": broker.uri})
    try:
        for name in SERVICES:
            found.start(name)
        organisation = ["import", "units", str(process.ORGANISATION)]
        process.samtal(organisation, home, found.system.running["membership"].env)
        found.system.settle()
        yield found
    finally:
        for running in found.system.running.values():
            running.close()
        broker.ctl("delete_vhost", VHOST)


def test_what_is_reported_is_counted(site: Site) -> None:
    site.counts_one_more()


def test_a_service_that_lost_its_queue_makes_it_anew_and_misses_nothing(site: Site) -> None:
    site.broker.ctl("delete_queue", "-p", VHOST, "metrics.subscription")
    site.counts_one_more()
    site.system.settle()


def test_a_service_waits_without_a_queue_for_an_exchange_that_is_not_there(site: Site) -> None:
    running = site.system.running
    for name in ("campaign", "metrics"):
        assert running[name].stop() == 0
    site.broker.ctl("delete_queue", "-p", VHOST, "metrics.subscription")
    operator = pika.BlockingConnection(pika.URLParameters(site.uri("samtal")))
    operator.channel().exchange_delete("campaign.events")
    site.start("metrics")
    log = running["metrics"].log
    missing = "no exchange 'campaign.events'"
    eventually(lambda: missing in log.read_text(encoding="utf-8"), "metrics waits")
    with pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        operator.channel().queue_declare("metrics.subscription", passive=True)
    operator.close()
    site.start("campaign")
    site.counts_one_more()
    site.system.settle()


@pytest.mark.parametrize("script", [f"{name}.py" for name in SUBSCRIBERS])
def test_a_subscriber_of_its_own_receives_events(site: Site, script: str, tmp_path: Path) -> None:
    subscriber = Subscriber(script, site.uri(script.removesuffix(".py")), tmp_path / "log")
    try:
        assert subscriber.next_line() == "ready"
        reported = site.report()
        event = json.loads(subscriber.next_line())
        assert event["data"]["conversation_id"] == reported
    finally:
        subscriber.stop()


def test_a_caller_of_its_own_is_answered_over_rpc_and_brings_nobody_down(site: Site) -> None:
    assert answered(site)["unit"] == "1280"
    poison = Path(__file__).parent / "rpc_poison.py"
    subprocess.run([sys.executable, str(poison), site.uri(CALLER)], check=True, timeout=30)
    assert answered(site)["unit"] == "1280"
    log = site.system.running["metrics"].log.read_text(encoding="utf-8")
    assert "rpc_dropped" in log
    assert "rpc_waiting" not in log


def answered(site: Site) -> dict[str, Any]:
    """The answer to a plain nameko proxy."""
    call = json.dumps([site.system.token(), "metrics", "get_goals", ["1280", 2026]])
    done = subprocess.run(
        [sys.executable, str(CLIENT), site.uri(CALLER), call],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["result"]
    return found


FORBIDDEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "publish as another service": ("membership", "basic_publish", publish("campaign.events")),
    "publish into any queue": ("membership", "basic_publish", publish("", "metrics.subscription")),
    "read another's queue": ("membership", "basic_consume", consume("campaign.subscription")),
    "take from another's queue": ("membership", "basic_get", {"queue": "metrics.subscription"}),
    "purge another's queue": ("membership", "queue_purge", {"queue": "metrics.subscription"}),
    "delete another's queue": ("membership", "queue_delete", {"queue": "metrics.subscription"}),
    "delete another's exchange": ("membership", "exchange_delete", {"exchange": "campaign.events"}),
    "listen to another's calls": ("membership", "queue_bind", listen("metrics.*")),
    "listen to all calls": ("membership", "queue_bind", listen("#")),
    "call another's methods": ("membership", "basic_publish", publish("nameko-rpc", "metrics.x")),
    "declare an exchange of no service": ("membership", "exchange_declare", {"exchange": "new"}),
    "publish as a subscriber": ("bare_pika", "basic_publish", publish("campaign.events")),
    "publish into a queue as a subscriber": (
        "bare_pika",
        "basic_publish",
        publish("", "bare_pika"),
    ),
    "delete our queue": ("bare_pika", "queue_delete", {"queue": "metrics.subscription"}),
    "read our queue": ("bare_pika", "basic_consume", consume("metrics.subscription")),
    "unbind our queue": ("bare_pika", "queue_unbind", unbind("metrics.subscription")),
    "read another subscriber's queue": ("bare_pika", "queue_declare", {"queue": "with_faststream"}),
    "call as a subscriber": ("bare_pika", "basic_publish", publish("nameko-rpc", "metrics.x")),
    "listen as a caller": (CALLER, "queue_bind", listen("metrics.*", "rpc.reply-x")),
    "publish as a caller": (CALLER, "basic_publish", publish("campaign.events")),
}


@pytest.mark.parametrize(("user", "method", "arguments"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_is_not_a_users_own_is_refused(
    site: Site, user: str, method: str, arguments: dict[str, Any]
) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(site.uri(user)))
    try:
        if arguments.get("queue") == "rpc.reply-x":
            connection.channel().queue_declare("rpc.reply-x", durable=True, auto_delete=True)
        channel = connection.channel()
        channel.confirm_delivery()
        with pytest.raises(ChannelClosedByBroker) as refused:
            getattr(channel, method)(**arguments)
    finally:
        connection.close()
    assert refused.value.reply_code == 403
