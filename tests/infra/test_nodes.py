"""The broker's nodes: one that is down or stands still costs a moment, not the broker."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.servers import RabbitServer, free_ports

SCRIPT = Path(__file__).parent / "green_nodes.py"


def node_asked(*uris: str) -> list[str]:
    """The nodes that answer the first and the second time, for a process patched as a service."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), ";".join(uris)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nodes_that_are_down_or_silent_are_passed_over(broker: RabbitServer) -> None:
    (closed,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        down = f"amqp://guest:guest@127.0.0.1:{closed}/"
        still = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/"
        assert node_asked(down, still, broker.uri) == [broker.uri, broker.uri]


def test_who_asks_again_is_given_the_next_node(broker: RabbitServer) -> None:
    other = broker.uri.replace("127.0.0.1", "localhost")
    assert node_asked(broker.uri, other) == [broker.uri, other]
