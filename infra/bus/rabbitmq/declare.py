"""Makes the broker hold what the topology says, or says why it will not."""

from collections.abc import Iterator
from contextlib import contextmanager

import amqp

from infra.bus.rabbitmq import topology
from infra.bus.rabbitmq.topology import Exchange, Queue
from infra.errors import DeclaredOtherwise


def declare_exchange(channel: amqp.Channel, exchange: Exchange) -> None:
    """Declare it exactly as a plain nameko subscriber does; DeclaredOtherwise if it differs."""
    with _as_we_say("exchange", exchange.name):
        channel.exchange_declare(exchange.name, exchange.type, durable=True, auto_delete=False)


def declare_queue(channel: amqp.Channel, queue: Queue) -> None:
    """Declare it; DeclaredOtherwise if it is there with other properties."""
    with _as_we_say("queue", queue.name):
        channel.queue_declare(
            queue.name, durable=True, auto_delete=False, arguments=queue.declared()
        )


def expect_exchange(transport: amqp.Connection, exchange: Exchange) -> None:
    """Declare another's exchange; raises NotFound where we may not, and it is not there yet."""
    channel = transport.channel()
    try:
        declare_exchange(channel, exchange)
    except amqp.AccessRefused:
        channel = transport.channel()
        channel.exchange_declare(exchange.name, exchange.type, passive=True)
    channel.close()


def declare_subscription(channel: amqp.Channel, subscription: str) -> None:
    """Declare a subscription's queue, and the one that takes what the broker gives up on."""
    dead, live = topology.queues(subscription)
    leads_there = topology.dead_exchange(subscription)
    declare_exchange(channel, leads_there)
    declare_queue(channel, dead)
    channel.queue_bind(dead.name, leads_there.name)
    declare_queue(channel, live)


def queue_exists(transport: amqp.Connection, name: str) -> bool:
    """Whether the broker has the queue."""
    channel = transport.channel()
    try:
        channel.queue_declare(name, passive=True)
    except amqp.NotFound:
        return False
    channel.close()
    return True


@contextmanager
def _as_we_say(kind: str, name: str) -> Iterator[None]:
    try:
        yield
    except amqp.PreconditionFailed as error:
        raise DeclaredOtherwise(kind, name, error.reply_text) from error
