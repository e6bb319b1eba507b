"""The bus of the real mode: a topic exchange a producer, a quorum queue a subscription.

Publisher and consumer each own a connection with time limits of their own. Confirms are awaited
a batch at a time, and a batch of messages is acknowledged at once, after its commit.
"""

from infra.bus.rabbitmq.broker import Nodes, connect
from infra.bus.rabbitmq.consumer import Consumer
from infra.bus.rabbitmq.declare import queue_exists
from infra.bus.rabbitmq.publisher import Publisher
from infra.bus.rabbitmq.topology import queue_of

__all__ = ["Consumer", "Nodes", "Publisher", "connect", "queue_exists", "queue_of"]
