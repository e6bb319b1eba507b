"""kill -9 at any moment of the embedded mode: what was answered is counted, once."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import requests

from infra.config import SERVICES
from tests import process
from tests.process import Running, eventually
from tests.servers import free_ports

KILLS = 20
SEED = 20_261_123
UNITS = ("1280", "0114", "2584", "1480", "0180")


class Reporter(threading.Thread):
    """Logs conversations and joins with ids of its own, and asks again until it is answered."""

    def __init__(self, urls: dict[str, str], token: str, seed: int) -> None:
        super().__init__(daemon=True)
        self._urls = urls
        self._random = random.Random(seed)
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"
        self.stopping = False
        self.conversations = 0
        self.members = 0
        self.failure: str | None = None

    def run(self) -> None:
        while not self.stopping and self.failure is None:
            step = self._random.choice((self._one, self._batch, self._join))
            step()

    def _one(self) -> None:
        report = self._report()
        self._until_answered("campaign", "/conversations", report, (200, 201))
        self.conversations += report["count"]

    def _batch(self) -> None:
        items = [self._report() for _ in range(self._random.randint(2, 200))]
        answer = self._until_answered("campaign", "/conversations/batch", {"items": items}, (200,))
        if answer is not None:
            assert answer["created"] + answer["exists"] == len(items)
        self.conversations += sum(item["count"] for item in items)

    def _join(self) -> None:
        member = {
            "id": self._id(),
            "unit": self._random.choice(UNITS),
            "joined_on": f"2026-0{self._random.randint(1, 9)}-15",
            "source": "digital",
            "name": "Kim Larsson",
        }
        self._until_answered("membership", "/members", member, (200, 201))
        self.members += 1

    def _until_answered(self, service: str, path: str, body: Any, good: tuple[int, ...]) -> Any:
        while True:
            try:
                answer = self._http.post(self._urls[service] + path, json=body, timeout=30)
            except requests.RequestException:
                time.sleep(0.02)  # The process is down: it is the moment that the test is about.
                continue
            if answer.status_code in good:
                return answer.json()
            if answer.status_code != 503:
                self.failure = f"{answer.status_code}: {answer.text[:500]}"
                return None

    def _report(self) -> dict[str, Any]:
        return {
            "id": self._id(),
            "unit": self._random.choice(UNITS),
            "arena": self._random.choice(("door", "phone", "online")),
            "held_on": f"2026-0{self._random.randint(1, 9)}-10",
            "count": self._random.randint(1, 9),
        }

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128)))


@contextmanager
def reporters(running: Running) -> Iterator[list[Reporter]]:
    urls = {name: running.url(name) for name in SERVICES}
    found = [Reporter(urls, running.token(), SEED + n) for n in range(4)]
    for reporter in found:
        reporter.start()
    yield found
    for reporter in found:
        reporter.stopping = True
    for reporter in found:
        reporter.join(60)
        assert not reporter.is_alive()
        assert reporter.failure is None


def goal(running: Running, key: str, unit: str) -> int:
    found = running.call("GET", "metrics", f"/goals/{key}?unit={unit}&year=2026").json()
    value: int = found["value"]
    return value


def is_current(running: Running) -> bool:
    return all(
        running.call("GET", name, "/freshness").json()["current"]
        for name in ("training", "metrics")
    )


def test_twenty_kills_under_load_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    running = process.start(SERVICES, tmp_path, ports=ports)
    try:
        with reporters(running) as busy:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 1.0))  # A random moment, not a wait for something.
                running.kill()
                running = process.start(SERVICES, tmp_path, ports=ports, probe="live")
        running.wait_ready()
        eventually(lambda: is_current(running), "the board is current", 60)
        conversations = sum(reporter.conversations for reporter in busy)
        members = sum(reporter.members for reporter in busy)
        assert conversations > 0
        assert members > 0
        assert goal(running, "conversations", "SE") == conversations
        assert sum(goal(running, "conversations", unit) for unit in UNITS) == conversations
        assert goal(running, "members_recruited", "SE") == members
        assert goal(running, "members_total", "SE") == members
        obligations = running.call("GET", "training", "/obligations/summary?unit=SE").json()
        assert obligations["open"] + obligations["overdue"] == 2 * members
    finally:
        running.close()
