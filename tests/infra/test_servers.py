"""The servers that other tests stand on do what those tests take for granted."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest

from tests.servers import PostgresServer, RabbitServer, ServerFailed, postgres, rabbitmq, wait_until


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    with postgres() as server:
        server.create_databases(["membership", "campaign"])
        yield server


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitServer]:
    with rabbitmq() as server:
        yield server


def test_a_row_survives_a_restart_of_postgres(database: PostgresServer) -> None:
    database.execute(
        "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)", database="campaign"
    )
    database.restart()
    assert database.execute("SELECT n FROM kept", database="campaign") == "1"


def test_a_committed_row_survives_a_kill_of_postgres(database: PostgresServer) -> None:
    database.execute(
        "CREATE TABLE saved (n int)", "INSERT INTO saved VALUES (2)", database="membership"
    )
    database.kill()
    database.start()
    assert database.execute("SELECT n FROM saved", database="membership") == "2"


def test_the_url_template_is_filled_in_by_service(database: PostgresServer) -> None:
    assert database.url_template.format(service="campaign") == database.url("campaign")
    with pytest.raises(ServerFailed, match="does not exist"):
        database.execute("SELECT 1", database="unheard_of")


def publish(uri: str, queue: str, body: bytes) -> None:
    """Return when the broker has confirmed the message."""
    with pika.BlockingConnection(pika.URLParameters(uri)) as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        channel.confirm_delivery()
        channel.basic_publish(
            "", queue, body, pika.BasicProperties(delivery_mode=2), mandatory=True
        )


def receive(uri: str, queue: str) -> bytes | None:
    with pika.BlockingConnection(pika.URLParameters(uri)) as connection:
        _, _, body = next(connection.channel().consume(queue, inactivity_timeout=20))
        return body


def test_a_confirmed_message_survives_a_kill_of_the_broker(broker: RabbitServer) -> None:
    publish(broker.uri, "kept", b"still here")
    broker.settle()
    broker.kill()
    broker.start()
    assert receive(broker.uri, "kept") == b"still here"


def test_ctl_speaks_to_the_broker_of_the_test(broker: RabbitServer) -> None:
    publish(broker.uri, "listed", b"")
    assert "listed" in broker.ctl("list_queues", "name").split()
    with pytest.raises(ServerFailed, match="no_such_command"):
        broker.ctl("no_such_command")


# What a test process killed outright leaves running, and in its temporary folder.
HOLDER = """
import time
from tests.servers import postgres, rabbitmq
with postgres() as database, rabbitmq() as broker:
    pids = [database.pid, broker.mapper.pid, broker.nodes[0].pid]
    print(*pids, flush=True)
    time.sleep(600)
"""


def running(pid: int) -> bool:
    """Whether it runs; a process that has ended but not been asked after does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX"


def test_a_test_process_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path
    if os.getuid() == 0:
        # The user postgres has to get in.
        for folder in [tmp_path, *tmp_path.parents[:3]]:
            folder.chmod(0o711)
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], env=environment, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        pids = [int(pid) for pid in holder.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(running, pids))
        holder.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(map(running, pids)), patience=30)
    wait_until(lambda: not list(temporary.iterdir()), patience=30)
