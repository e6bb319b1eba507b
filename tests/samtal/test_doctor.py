"""The doctor finds what the broker holds otherwise than it should."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from infra import outbox
from infra.config import SERVICES
from infra.database import Database
from tests import process
from tests.conftest import migrate, own_databases
from tests.infra.samples import ThingHappened
from tests.process import Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports, rabbitmq

QUEUE = "metrics.subscription"
DEAD = f"{QUEUE}.dead"


class Site:
    """A broker with the management API, and of the services metrics and campaign alone."""

    def __init__(self, home: Path, broker: RabbitServer, api: str, env: dict[str, str]) -> None:
        self.home, self.broker, self.api, self.env = home, broker, api, env
        self.uri = env["SAMTAL_AMQP_URI"]
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.running: dict[str, Running] = {}

    @property
    def addresses(self) -> dict[str, str]:
        return {f"SAMTAL_{s.upper()}_ADDRESS": f"127.0.0.1:{p}" for s, p in self.ports.items()}

    def start(self, name: str) -> None:
        self.running[name] = process.start([name], self.home, self.env, ports=self.ports)

    def says(self, what: str, *, ok: bool, uri: str = "", api: bool = True) -> str:
        """What the doctor says of one thing, once it is as well with it as is claimed."""
        head = f"{'ok    ' if ok else 'not ok'}  {what:<24}  "
        return eventually(lambda: self._line(head, uri or self.uri, api), f"it says {head}", 40)

    def _line(self, head: str, uri: str, api: bool) -> str:
        env = {**self.addresses, **self.env, "SAMTAL_AMQP_URI": uri}
        env |= {"SAMTAL_BROKER_API": self.api} if api else {}
        said = process.samtal(["doctor"], self.home, env, ok=False).stdout.splitlines()
        return next((line for line in said if line.startswith(head)), "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, databases: PostgresServer) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("doctor")
    [port] = free_ports(1)
    config = f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n"
    with rabbitmq(config=config, plugins=["rabbitmq_management"]) as broker:
        env = {"SAMTAL_AMQP_URI": broker.uri, **own_databases(databases, "doctor")}
        migrate(home, env)
        found = Site(home, broker, f"http://guest:guest@127.0.0.1:{port}", env)
        try:
            found.start("campaign")
            found.start("metrics")
            yield found
        finally:
            for running in found.running.values():
                running.close()


@pytest.fixture
def channel(site: Site) -> Iterator[BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(site.uri))
    yield connection.channel()
    connection.close()


def test_where_the_broker_is_as_it_should_be_the_doctor_says_so(site: Site) -> None:
    site.says("metrics exchange", ok=True)
    assert "0 waiting, 1 consuming" in site.says("metrics queue", ok=True)
    assert "none" in site.says("metrics given up", ok=True)
    assert "as they should be" in site.says("metrics bindings", ok=True)


def test_what_is_not_there_is_named_with_what_makes_it(site: Site) -> None:
    site.broker.ctl("add_vhost", "empty")
    site.broker.ctl("set_permissions", "-p", "empty", "guest", ".*", ".*", ".*")
    for what in ("exchange", "queue"):
        said = site.says(f"training {what}", ok=False, uri=f"{site.uri}empty")
        assert "is not there. Start it with: samtal run training" in said


def test_without_the_management_api_it_says_that_bindings_are_not_looked_at(site: Site) -> None:
    assert "SAMTAL_BROKER_API" in site.says("bindings", ok=True, api=False)


def test_a_missing_binding_and_a_foreign_one_are_found(
    site: Site, channel: BlockingChannel
) -> None:
    binding = (QUEUE, "campaign.events")
    channel.queue_unbind(*binding, "conversation_voided")
    missing = site.says("metrics bindings", ok=False)
    assert "missing campaign.events conversation_voided. Stop metrics" in missing
    channel.queue_bind(*binding, "conversation_voided")
    channel.queue_bind(*binding, "area_assigned")
    assert "foreign campaign.events area_assigned" in site.says("metrics bindings", ok=False)
    channel.queue_unbind(*binding, "area_assigned")
    site.says("metrics bindings", ok=True)


def test_what_the_broker_gave_up_is_found(site: Site, channel: BlockingChannel) -> None:
    channel.basic_publish("", DEAD, b"poison")
    said = site.says("metrics given up", ok=False)
    assert f"1 in {DEAD}" in said
    assert "samtal dead broker show metrics" in said
    channel.queue_purge(DEAD)
    site.says("metrics given up", ok=True)


def test_a_user_that_may_not_compare_says_so(site: Site) -> None:
    site.broker.ctl("add_user", "onlooker", "looking")
    site.broker.ctl("set_permissions", "onlooker", "^$", "^$", "^$")
    uri = f"amqp://onlooker:looking@{urlsplit(site.uri).netloc.partition('@')[2]}/"
    said = site.says("campaign exchange", ok=True, uri=uri)
    assert "this user may not compare it" in said


def test_events_that_no_queue_takes_are_told_of(site: Site, databases: PostgresServer) -> None:
    url = databases.url("doctor_campaign").replace("postgresql://", "postgresql+psycopg2://")
    database = Database(url, "campaign")
    with database.writing() as session:
        outbox.append(session, ThingHappened(1))
    database.close()
    said = site.says("campaign unheard", ok=True)
    assert "no queue takes 1 thing_happened" in said


def test_a_queue_that_nobody_takes_from_is_found(site: Site) -> None:
    site.running["metrics"].stop()
    said = site.says("metrics queue", ok=False)
    assert f"nobody takes the 0 in {QUEUE}. Start it with: samtal run metrics" in said


def test_a_queue_and_an_exchange_that_are_declared_otherwise_are_found(
    site: Site, channel: BlockingChannel
) -> None:
    site.running["metrics"].stop()
    channel.queue_delete(QUEUE)
    channel.queue_declare(QUEUE, durable=True)
    channel.exchange_delete("metrics.events")
    channel.exchange_declare("metrics.events", "fanout", durable=True)
    queue = site.says("metrics queue", ok=False)
    assert f"another queue {QUEUE} than ours" in queue
    assert "delete it" in queue
    assert "another exchange metrics.events than ours" in site.says("metrics exchange", ok=False)
