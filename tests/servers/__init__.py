"""Real servers for the tests: PostgreSQL, and RabbitMQ as one node or a cluster.

Each listens on 127.0.0.1 alone, on ports of its own, and keeps everything in one folder; nothing
of another server on the machine is read or touched. It is gone when its `with` block ends, and
also when the test process dies in any other way: a guard process notices and clears up.

Works as root and as an ordinary user, on Linux. Needs what `scripts/servers-install` installs.
"""

from tests.servers.postgres import PostgresServer, postgres
from tests.servers.process import Process, ServerFailed, free_ports, wait_until
from tests.servers.rabbitmq import RabbitNode, RabbitServer, rabbitmq

__all__ = [
    "PostgresServer",
    "Process",
    "RabbitNode",
    "RabbitServer",
    "ServerFailed",
    "free_ports",
    "postgres",
    "rabbitmq",
    "wait_until",
]
