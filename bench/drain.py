"""100,000 waiting conversations into counters at four levels, exactly once: Samtal and the peers.

All on one RabbitMQ and one PostgreSQL, one after the other, the same reports. The peers are given
fewer, since they count one at a time; what is compared is the rate between the first event that
is seen in the counters and the last.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import orjson
import psycopg2

from bench import board, peers, real
from bench.real import PEER_DATABASE, Real
from tests import process
from tests.process import Running, eventually

EVENTS = 100_000
PEER_EVENTS = 5_000
ROUNDS = 3
DAYS = 3
QUEUE = "metrics.subscription"
ARENAS = ("door", "workplace", "neighbourhood", "online", "member_activity", "own_network", "phone")
PATIENCE = 180.0
COUNTED = "SELECT coalesce(sum(value), 0) FROM year_counter WHERE unit = 'SE' AND measure ~ '^conv'"


class Reports:
    """Reports of conversations as campaign publishes them, at clubs of every branch."""

    def __init__(self, folder: Path, clubs: Sequence[str]) -> None:
        self._folder, self._clubs = folder, clubs
        self._chance = Random(1)
        self._positions = count(1)
        today = datetime.now(UTC).date()
        self._days = [(today - timedelta(days=n)).isoformat() for n in range(DAYS)]
        self._epoch = str(uuid4())

    def write(self, number: int) -> Path:
        """A file with so many new ones, a line each."""
        path = self._folder / "reports.ndjson"
        with path.open("wb") as file:
            file.writelines(orjson.dumps(self._one()) + b"\n" for _ in range(number))
        return path

    def _one(self) -> dict[str, Any]:
        event_id, report, chance = str(uuid4()), str(uuid4()), self._chance
        arena = chance.choice(ARENAS)
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": "/campaign",
            "type": "campaign.conversation_logged.v1",
            "subject": f"conversation/{report}",
            "time": datetime.now(UTC).isoformat(),
            "datacontenttype": "application/json",
            "dataschema": "urn:samtal:campaign.conversation_logged.v1",
            "correlationid": event_id,
            "data": {
                "conversation_id": report,
                "unit": chance.choice(self._clubs),
                "arena": arena,
                "online": arena == "online",
                "held_on": chance.choice(self._days),
                "count": 1,
                "topics": ["skola"],
            },
            "position": next(self._positions),
            "epoch": self._epoch,
        }


def with_clubs(system: Real) -> list[str]:
    """A club in every branch, known to metrics: the fourth level."""
    membership = system.services.running["membership"]
    clubs = []
    for branch in board.branches():
        club = {"code": f"{branch}-C1", "name": "Klubb", "kind": "club", "parent": branch}
        membership.call("POST", "membership", "/units", club).raise_for_status()
        clubs.append(club["code"])
    eventually(lambda: real.has_units(system.services, "metrics"), "metrics has the clubs", 60)
    return clubs


def make_tables(system: Real) -> None:
    """The peers' tables."""
    run("peer.counting", env=peer_env(system))


def measure(system: Real, clubs: Sequence[str], home: Path) -> dict[str, Any]:
    """Events a second of each, the median of some rounds, and what Samtal is beside them.

    Metrics must not run.
    """
    reports = Reports(home, clubs)
    sides: dict[str, Callable[[], float]] = {
        "pika_reading": lambda: reading(system, reports),
        "samtal": lambda: samtal(system, reports, home),
        "nameko": lambda: peer(system, reports, home, nameko(system), BOUND["nameko"]),
        "faststream": lambda: peer(system, reports, home, faststream(system), BOUND["faststream"]),
        "celery": lambda: celery(system, reports, home),
    }
    runs: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS):
        for name in sorted(sides, reverse=bool(number % 2)):
            runs[name].append(sides[name]())
            print(f"  drain, {name}: {runs[name][-1]:.0f} a second", file=sys.stderr)
    found = {name: round(statistics.median(rates), 1) for name, rates in runs.items()}
    ratios = {name: round(found["samtal"] / found[name], 2) for name in found if name != "samtal"}
    return {"events": EVENTS, "per_second": found, "rounds": runs, "samtal_is": ratios}


def reading(system: Real, reports: Reports) -> float:
    """pika reading metrics' own queue, and doing nothing."""
    fill(system, QUEUE, reports, EVENTS)
    return EVENTS / float(run("peer.bare_read", system.broker.uri, QUEUE, str(EVENTS)))


def samtal(system: Real, reports: Reports, home: Path) -> float:
    """Metrics, started on a full queue."""
    fill(system, QUEUE, reports, EVENTS)
    running = system.services.running["metrics"]
    with counted(system, "metrics") as rate:
        found = process.start(["metrics"], home, real_env(system, running), ports=running.ports)
        try:
            return rate(EVENTS)
        finally:
            found.stop()


BOUND = {"nameko": "evt-campaign-conversation_logged--counting.count", "faststream": "faststream"}


def nameko(system: Real) -> list[str]:
    """How the nameko peer is started."""
    return ["-m", "peer.nameko_service", system.broker.uri]


def faststream(system: Real) -> list[str]:
    """How the FastStream peer is started."""
    return ["-m", "peer.faststream_app", system.broker.uri]


def peer(system: Real, reports: Reports, home: Path, command: list[str], queue: str) -> float:
    """A peer, started on a full queue; its first start makes the queue."""
    with started(system, home, command):
        pass
    fill(system, queue, reports, PEER_EVENTS)
    with counted(system, PEER_DATABASE) as rate, started(system, home, command):
        return rate(PEER_EVENTS)


def celery(system: Real, reports: Reports, home: Path) -> float:
    """Celery with its two processes, started on a full queue."""
    path = reports.write(PEER_EVENTS)
    run("peer.celery_app", str(path), str(PEER_EVENTS), env=peer_env(system))
    command = ["-m", "celery", "-A", "peer.celery_app", "worker", "-c", "2", "-l", "ERROR"]
    with counted(system, PEER_DATABASE) as rate, started(system, home, command, ready=""):
        return rate(PEER_EVENTS)


def fill(system: Real, queue: str, reports: Reports, number: int) -> None:
    """Let so many new reports wait in a queue."""
    run("peer.bare_publish", system.broker.uri, queue, str(reports.write(number)), str(number))


@contextmanager
def counted(system: Real, database: str) -> Iterator[Callable[[int], float]]:
    """How fast so many events get into the counters of a database; fails if it is not so many."""
    connection = psycopg2.connect(system.databases.url(database))
    connection.autocommit = True
    cursor = connection.cursor()

    def now() -> int:
        cursor.execute(COUNTED)
        return int((cursor.fetchone() or (0,))[0])

    before = now()

    def rate(number: int) -> float:
        first = eventually(lambda: now() - before, "something is counted", PATIENCE)
        start = time.perf_counter()
        eventually(lambda: now() - before >= number, "all is counted", PATIENCE)
        took = time.perf_counter() - start
        if now() - before != number:
            raise AssertionError(f"{now() - before} counted, {number} reported")
        return float(number - first) / took

    yield rate
    connection.close()


@contextmanager
def started(
    system: Real, home: Path, command: list[str], ready: str = "the peer is ready"
) -> Iterator[None]:
    """A peer's process, once it has said that it is ready."""
    path = home / "peer.log"
    with path.open("wb") as log:
        found = subprocess.Popen(
            [str(peers.environment()), *command],
            cwd=peers.BENCH,
            env=peer_env(system),
            stdout=log,
            stderr=log,
        )
    try:
        eventually(lambda: ready in path.read_text(encoding="utf-8"), f"{command} is ready", 60)
        yield
    finally:
        found.terminate()
        found.wait(timeout=30)


def run(module: str, *arguments: str, env: dict[str, str] | None = None) -> str:
    """What a program of the peers prints."""
    command = [str(peers.environment()), "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=peers.BENCH, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stderr[-2000:]}")
    return done.stdout


def peer_env(system: Real) -> dict[str, str]:
    """Where the peers find the broker and their database."""
    url = system.databases.url(PEER_DATABASE)
    return {**os.environ, "PEER_DATABASE_URL": url, "PEER_AMQP_URI": system.broker.uri}


def real_env(system: Real, running: Running) -> dict[str, str]:
    """Where metrics finds the broker and its database."""
    return {name: value for name, value in running.env.items() if name.startswith("SAMTAL_")}
