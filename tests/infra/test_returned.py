"""Events that no queue took are kept count of, until a queue takes them."""

from collections.abc import Iterator
from typing import Any

import amqp
import pytest

from infra import returned
from infra.bus.rabbitmq import Publisher, connect
from infra.database import Database
from infra.relay import Relay
from tests.infra.samples import published
from tests.servers import RabbitServer

HAPPENED = "thing_happened"
EXCHANGE = "sample.events"


@pytest.fixture
def channel(broker: RabbitServer) -> Iterator[amqp.Channel]:
    transport = connect(broker.uri)
    found = transport.channel()
    yield found
    found.exchange_delete(EXCHANGE)
    transport.close()


@pytest.fixture
def publisher(broker: RabbitServer, database: Database, channel: amqp.Channel) -> Iterator[Any]:
    made = Publisher(broker.uri, "sample", database)
    yield made
    made.close()


def unheard(database: Database) -> list[tuple[str, int, int, int]]:
    with database.reading() as session:
        rows = returned.listed(session)
    return [(r["name"], r["count"], r["first_position"], r["last_position"]) for r in rows]


def test_what_no_queue_takes_is_counted_until_one_takes_it(
    database: Database, publisher: Publisher, channel: amqp.Channel
) -> None:
    published(database, 1, 2)
    publisher.deliver()
    assert unheard(database) == [(HAPPENED, 2, 1, 2)]
    published(database, 3)
    publisher.deliver()
    assert unheard(database) == [(HAPPENED, 3, 1, 3)]
    queue = channel.queue_declare("", exclusive=True).queue
    channel.queue_bind(queue, EXCHANGE, HAPPENED)
    published(database, 4)
    publisher.deliver()
    assert unheard(database) == []
    channel.queue_unbind(queue, EXCHANGE, HAPPENED)
    published(database, 5)
    publisher.deliver()
    assert unheard(database) == [(HAPPENED, 1, 5, 5)]


def test_the_exchange_is_there_before_anything_is_published(
    database: Database, publisher: Publisher, channel: amqp.Channel
) -> None:
    Relay(database, publisher.deliver).round()
    channel.exchange_declare(EXCHANGE, "topic", passive=True)
