"""samtal dead broker: what the broker itself gave up, seen and put back."""

from collections.abc import Iterator
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from infra.bus.rabbitmq import connect
from infra.bus.rabbitmq.declare import declare_subscription
from tests import process
from tests.conftest import real_environment
from tests.process import eventually
from tests.servers import PostgresServer, RabbitServer

VHOST = "given_up"
QUEUE = "training.subscription"
DEAD = f"{QUEUE}.dead"
POISON = b'{"note": "\x1b[2J took hold"}'


class Site:
    """A virtual host with one subscription, whose service does not run."""

    def __init__(self, home: Path, env: dict[str, str], channel: BlockingChannel) -> None:
        self.home, self.env, self.channel = home, env, channel

    def dead(self, *arguments: str, ok: bool = True) -> str:
        done = process.samtal(["dead", *arguments], self.home, self.env, ok=ok)
        return done.stdout if ok else done.stderr

    def waiting(self, queue: str) -> int:
        return int(self.channel.queue_declare(queue, passive=True).method.message_count)

    def give_up(self, *bodies: bytes) -> None:
        """As the broker does with what is delivered too often."""
        before = self.waiting(DEAD)
        for body in bodies:
            properties = pika.BasicProperties(message_id="m1", headers={"kept": 1})
            self.channel.basic_publish("", QUEUE, body, properties)
            eventually(self._reject, "it is there")
        eventually(lambda: self.waiting(DEAD) == before + len(bodies), "given up")

    def _reject(self) -> bool:
        method, _, _ = self.channel.basic_get(QUEUE)
        if method is None:
            return False
        self.channel.basic_reject(method.delivery_tag, requeue=False)
        return True


@pytest.fixture
def site(broker: RabbitServer, databases: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    broker.ctl("add_vhost", VHOST)
    broker.ctl("set_permissions", "-p", VHOST, "guest", ".*", ".*", ".*")
    uri = f"{broker.uri}{VHOST}"
    transport = connect(uri)
    declare_subscription(transport.channel(), "training")
    transport.close()
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    env = real_environment(broker, databases) | {"SAMTAL_AMQP_URI": uri}
    yield Site(tmp_path, env, connection.channel())
    connection.close()
    broker.ctl("delete_vhost", VHOST)


def test_what_was_given_up_is_shown_and_stays(site: Site) -> None:
    assert "nothing that the broker gave up" in site.dead("broker", "show", "training")
    site.give_up(POISON, b"second")
    for _ in range(2):
        shown = site.dead("broker", "show", "training")
        assert "m1" in shown
        assert "rejected" in shown
        assert r"\x1b[2J took hold" in shown
        assert shown.index("took hold") < shown.index("second")
        eventually(lambda: site.waiting(DEAD) == 2, "they are back")
    assert "second" not in site.dead("broker", "show", "training", "--limit", "1")


def test_what_was_given_up_is_put_back_as_it_was(site: Site) -> None:
    site.give_up(POISON, b"second")
    assert f"2 messages put back into {QUEUE}" in site.dead("broker", "retry", "training")
    assert (site.waiting(DEAD), site.waiting(QUEUE)) == (0, 2)
    _, properties, body = site.channel.basic_get(QUEUE, auto_ack=True)
    assert body == POISON
    assert (properties.message_id, properties.delivery_mode) == ("m1", 2)
    assert properties.headers["kept"] == 1
    assert "x-death" not in properties.headers
    assert "0 messages put back" in site.dead("broker", "retry", "training")


def test_without_a_queue_to_put_it_into_it_stays(site: Site) -> None:
    site.give_up(POISON)
    site.channel.queue_delete(QUEUE)
    assert "does not take it" in site.dead("broker", "retry", "training", ok=False)
    eventually(lambda: site.waiting(DEAD) == 1, "it is back")


def test_what_was_given_up_can_be_discarded(site: Site) -> None:
    site.give_up(POISON)
    assert "1 message discarded" in site.dead("broker", "discard", "training", "--yes")
    assert (site.waiting(DEAD), site.waiting(QUEUE)) == (0, 0)


def test_the_list_tells_of_it(site: Site) -> None:
    site.give_up(POISON)
    done = process.samtal(
        ["dead", "list", "--subscription", "training"], site.home, site.env, ok=False
    )
    assert "training: the broker gave up 1. Look: samtal dead broker show training" in done.stdout


def test_embedded_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    done = process.samtal(["dead", "broker", "show", "metrics"], tmp_path, {}, ok=False)
    assert "Embedded there is no broker" in done.stderr
