"""What the broker is made to hold: the one place that says so.

An exchange has no arguments, so that a plain nameko subscriber may declare it as well. A queue is
declared by its own subscription and by nobody else: one that anybody made anew would hide from
the subscription that it has lost what was in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

RPC_EXCHANGE = "nameko-rpc"

LIMIT = 200
"""Deliveries after which the broker gives a message up; our own count sets it aside long before."""

NO_LIMIT = 1_000_000_000
"""Deliveries that nobody reaches by looking; RabbitMQ 4 would drop a message after 20 by itself."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange without arguments."""

    name: str
    type: str = "topic"


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)

    def declared(self) -> dict[str, object]:
        """All its arguments."""
        return {"x-queue-type": "quorum", **self.arguments}


def exchange_of(service: str) -> str:
    """The exchange that a service, and nobody else, publishes to."""
    return f"{service}.events"


def events_of(service: str) -> Exchange:
    """The same, as it is declared."""
    return Exchange(exchange_of(service))


def queue_of(subscription: str) -> str:
    """The queue of a service's subscription."""
    return f"{subscription}.subscription"


def dead_of(subscription: str) -> str:
    """The queue that takes what the broker gave up on, and the exchange that leads there.

    An exchange of its own: the default one leads to every queue, so no service may write to it.
    """
    return f"{queue_of(subscription)}.dead"


def dead_exchange(subscription: str) -> Exchange:
    """What leads to the queue of what was given up."""
    return Exchange(dead_of(subscription), "fanout")


def queues(subscription: str) -> tuple[Queue, Queue]:
    """The queue of what was given up, and the subscription's own, which needs it."""
    arguments = {
        "x-delivery-limit": LIMIT,
        "x-dead-letter-exchange": dead_of(subscription),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    dead = Queue(dead_of(subscription), {"x-delivery-limit": NO_LIMIT})
    return dead, Queue(queue_of(subscription), arguments)
