"""Other systems subscribe with the client of their choice, and nothing of ours."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import System
from tests.servers import RabbitServer

SCRIPTS = Path(__file__).parent / "subscribers"


class Subscriber:
    """A script that says `ready`, and then prints each event it receives."""

    def __init__(self, script: str, uri: str, log: Path) -> None:
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPTS / script), uri],
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=log.parent,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def next_line(self) -> str:
        try:
            return self._lines.get(timeout=30)
        except Empty:
            raise AssertionError(Path(self._log.name).read_text(encoding="utf-8")) from None

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if not line.startswith("20"):  # FastStream's own log lines begin with the date.
                self._lines.put(line.strip())


@pytest.fixture(params=["plain_nameko.py", "bare_pika.py", "with_faststream.py"])
def subscriber(
    request: pytest.FixtureRequest, broker: RabbitServer, tmp_path: Path
) -> Iterator[Subscriber]:
    found = Subscriber(request.param, broker.uri, tmp_path / "subscriber.log")
    assert found.next_line() == "ready"
    yield found
    found.stop()


def test_a_subscriber_with_nothing_of_ours_receives_the_events(
    real: System, subscriber: Subscriber
) -> None:
    report = {"id": str(uuid4()), "unit": "1280", "arena": "door", "held_on": "2026-05-04"}
    assert real.call("POST", "campaign", "/conversations", report).status_code == 201
    event: dict[str, Any] = json.loads(subscriber.next_line())
    assert event["type"] == "campaign.conversation_logged.v1"
    assert event["source"] == "/campaign"
    assert event["subject"] == f"conversation/{report['id']}"
    assert event["data"] == {
        "conversation_id": report["id"],
        "unit": "1280",
        "arena": "door",
        "online": False,
        "held_on": "2026-05-04",
        "count": 1,
        "topics": [],
    }
    assert event["position"] > 0
