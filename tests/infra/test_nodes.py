"""The broker's nodes: one that is down or stands still costs a moment, not the broker."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from tests.servers import RabbitServer, free_ports

SCRIPT = Path(__file__).parent / "green_nodes.py"


TIME_LIMIT = 3.0


def printed(script: Path, uris: str) -> str:
    """What a process prints that is patched as a service."""
    done = subprocess.run(
        [sys.executable, str(script), uris],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def node_asked(*uris: str) -> list[str]:
    """The nodes that answer the first and the second time."""
    return printed(SCRIPT, ";".join(uris)).split()


def test_nodes_that_are_down_or_silent_are_passed_over(broker: RabbitServer) -> None:
    (closed,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        down = f"amqp://guest:guest@127.0.0.1:{closed}/"
        still = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/"
        assert node_asked(down, still, broker.uri) == [broker.uri, broker.uri]


def test_who_asks_again_is_given_the_next_node(broker: RabbitServer) -> None:
    other = broker.uri.replace("127.0.0.1", "localhost")
    assert node_asked(broker.uri, other) == [broker.uri, other]


def patience(count: int) -> list[float]:
    """Seconds given to a node at each of twenty tries, and once it has answered."""
    uris = [f"amqp://guest:guest@127.0.0.1:{port}/" for port in free_ports(count)]
    script = SCRIPT.with_name("green_patience.py")
    found: list[float] = json.loads(printed(script, ";".join(uris)))
    return found


def test_one_of_several_nodes_gets_a_second_at_first_and_more_at_each_try() -> None:
    *tries, answered = patience(3)
    assert 1.0 < tries[0] < 1.2
    assert tries == sorted(tries)
    assert tries[-1] == answered == TIME_LIMIT


def test_the_only_node_is_given_its_whole_time_at_once() -> None:
    assert set(patience(1)) == {TIME_LIMIT}
