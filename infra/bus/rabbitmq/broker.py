"""The broker as both sides see it: how to reach it, and what it is made to hold."""

from typing import Any

import amqp
import eventlet
from kombu.connection import Connection
from kombu.exceptions import OperationalError

AMQP_ERRORS = (OSError, amqp.AMQPError, OperationalError)
TIME_LIMIT = 3.0
"""Seconds of silence after which a broker that owes us something is dropped."""


def queue_of(subscription: str) -> str:
    """The queue of a service's subscription."""
    return f"{subscription}.subscription"


def exchange_of(service: str) -> str:
    """The exchange that a service, and nobody else, publishes to."""
    return f"{service}.events"


def time_limit() -> eventlet.Timeout:
    """A block that ends in OSError when the broker takes longer than it may."""
    return eventlet.Timeout(TIME_LIMIT, OSError("the broker does not answer"))


def connect(uri: str, heartbeat: int = 0) -> amqp.Connection:
    """A connection to the broker, or an error, within the time limit.

    With a `heartbeat` in seconds, `heartbeat_tick` must be called at least as often.
    """
    broker: Any = Connection
    with time_limit():
        return broker(uri, connect_timeout=TIME_LIMIT, heartbeat=heartbeat).connection


def declare_exchange(channel: amqp.Channel, name: str) -> None:
    """Declare a producer's exchange exactly as a plain nameko subscriber does."""
    channel.exchange_declare(name, "topic", durable=True, auto_delete=False)


def declare_queue(channel: amqp.Channel, name: str) -> None:
    """Declare a subscription's quorum queue, and the one that takes what the broker gives up on.

    The broker gives up after 200 deliveries; by then our own count has long set a message aside.
    """
    dead = f"{name}.dead"
    quorum = {"x-queue-type": "quorum"}
    channel.queue_declare(dead, durable=True, auto_delete=False, arguments=quorum)
    arguments = {
        **quorum,
        "x-delivery-limit": 200,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)


def queue_exists(transport: amqp.Connection, name: str) -> bool:
    """Whether the broker has the queue."""
    channel = transport.channel()
    try:
        channel.queue_declare(name, passive=True)
    except amqp.NotFound:
        return False
    channel.close()
    return True
