"""The broker as both sides see it: how to reach it, and what it is made to hold."""

from collections import deque
from typing import Any, cast

import amqp
import eventlet
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from infra.bus.rabbitmq.transport import Transport

AMQP_ERRORS = (OSError, amqp.AMQPError, OperationalError)
TIME_LIMIT = 3.0
"""Seconds of silence after which a broker that owes us something is dropped."""

GLANCE = 1.0
"""Seconds that one node of several is given at first."""


def queue_of(subscription: str) -> str:
    """The queue of a service's subscription."""
    return f"{subscription}.subscription"


def exchange_of(service: str) -> str:
    """The exchange that a service, and nobody else, publishes to."""
    return f"{service}.events"


def time_limit(seconds: float = TIME_LIMIT) -> eventlet.Timeout:
    """A block that ends in OSError when the broker takes longer than it may."""
    return eventlet.Timeout(seconds, OSError("the broker does not answer"))


class Nodes:
    """The nodes of a broker: one URI, or several separated by semicolons."""

    def __init__(self, uri: str) -> None:
        self._uris = deque(part for part in uri.split(";") if part)
        self.at = self._uris[0]
        """The URI of the node that was last connected to."""

    def connect(self, heartbeat: int = 0) -> amqp.Connection:
        """A connection to a node that answers, or the last one's error.

        Begins with the node after the one last tried: that we ask again means that it failed.
        While there is another to ask, none is waited for as long as it may take.
        """
        wrong: Exception = OSError("no broker is named")
        for seconds in (GLANCE, TIME_LIMIT) if len(self._uris) > 1 else (TIME_LIMIT,):
            for _ in range(len(self._uris)):
                self._uris.rotate(-1)
                try:
                    made = connect(self._uris[-1], heartbeat, seconds)
                except AMQP_ERRORS as error:
                    wrong = error
                else:
                    self.at = self._uris[-1]
                    return made
        raise wrong


def connect(uri: str, heartbeat: int = 0, seconds: float = TIME_LIMIT) -> amqp.Connection:
    """A connection to one node of the broker, or an error, within so many seconds.

    With a `heartbeat` in seconds, one must be sent at least as often.
    """
    transport = cast("Any", Transport)(
        Connection(uri, connect_timeout=seconds, heartbeat=heartbeat)
    )
    with time_limit(seconds):
        # The transport's own: kombu's `connection` sleeps two seconds and tries once more.
        return transport.establish_connection()


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
