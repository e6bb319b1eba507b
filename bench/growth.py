"""What an event costs when 16 million lie behind it, and behind 160,000: two stacks, in turns.

Each stack is RabbitMQ, PostgreSQL and a process a service; SQL gives it what lies behind. Then
batches are posted, and the time runs until the board shows them: the way of every event, from the
report's row over outbox, feed, broker and handled mark to the counters of three levels.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench import board, figures, real
from services.campaign.events.conversations import ARENAS
from tests import grown, process
from tests.process import Running
from tests.servers import PostgresServer

BEHIND = {"few": 160_000, "many": 16_000_000}
WORKING = ("campaign", "metrics")
SERVER = {"shared_buffers": "256MB"}
"""As in docker-compose.yml."""

COSTS = ("time", "processor_time", "log")
"""Microseconds, microseconds of all processes together, bytes of PostgreSQL's write-ahead log."""

ROUNDS = 10
BATCHES = 10
ITEMS = 500
POLL = 0.02
PATIENCE = 120.0


@dataclass
class Stack:
    """Two services, what they stand on, and what the board shows of the year."""

    campaign: Running
    metrics: Running
    databases: PostgresServer
    roots: list[int]
    token: str
    shown: int

    def cost(self) -> dict[str, float]:
        """What an event takes, over some batches: see `COSTS`."""
        batches = [self.batch() for _ in range(BATCHES)]
        before = self.spent()
        for items in batches:
            self.post(items)
        self.await_board()
        after = self.spent()
        return {what: (after[what] - before[what]) / (BATCHES * ITEMS) for what in COSTS}

    def spent(self) -> dict[str, float]:
        """What was spent so far, as `COSTS`."""
        written = "SELECT pg_current_wal_insert_lsn() - '0/0'"
        return {
            "time": time.perf_counter() * 1e6,
            "processor_time": figures.processor(self.roots) * 1e6,
            "log": float(self.databases.execute(written)),
        }

    def batch(self) -> list[dict[str, Any]]:
        """Reports of today by clients with ids of their own: anywhere among all that are there."""
        units = list(board.branches())
        today = datetime.now(UTC).date().isoformat()
        return [
            {
                "id": str(uuid4()),
                "unit": units[number * 7 % len(units)],
                "arena": ARENAS[number % len(ARENAS)],
                "held_on": today,
                "count": 1 + number % 5,
                "topics": ["school", "care"],
                "logged_by": f"volunteer-{number}",
            }
            for number in range(ITEMS)
        ]

    def post(self, items: list[dict[str, Any]]) -> None:
        """Report them; every one must be new."""
        path, body = "/conversations/batch", {"items": items}
        answer = self.campaign.call("POST", "campaign", path, body, self.token).json()
        if answer["created"] != len(items):
            raise AssertionError(f"only {answer['created']} of {len(items)} were created")
        self.shown += sum(item["count"] for item in items)

    def await_board(self) -> None:
        """Wait until the board shows all that was reported, and nothing more."""
        deadline = time.monotonic() + PATIENCE
        while (found := board.conversations(self.metrics, "SE", self.token)) != self.shown:
            if found > self.shown or time.monotonic() > deadline:
                raise AssertionError(f"the board shows {found} instead of {self.shown}")
            time.sleep(POLL)


def measure(home: Path) -> dict[str, Any]:
    """The costs behind both numbers, and the medians of the rounds' ratios."""
    with ExitStack() as stack:
        stacks = {}
        for name, count in BEHIND.items():
            began = time.perf_counter()
            stacks[name] = stack.enter_context(grown_to(count, home / name))
            print(f"  {count:,} behind: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        for warm in stacks.values():
            warm.cost()
        return in_turns(stacks)


def in_turns(stacks: dict[str, Stack]) -> dict[str, Any]:
    """A B, B A, A B …: what grows or fades during the run hits both alike."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in stacks}
    for number in range(ROUNDS):
        for name in sorted(stacks, reverse=bool(number % 2)):
            runs[name].append(stacks[name].cost())
    found: dict[str, Any] = {"behind": BEHIND, "events_a_turn": BATCHES * ITEMS}
    for what in COSTS:
        ratios = [
            many[what] / few[what] for few, many in zip(runs["few"], runs["many"], strict=True)
        ]
        found[what] = {
            "ratio": round(statistics.median(ratios), 3),
            "ratios": [round(ratio, 3) for ratio in ratios],
            **{n: round(statistics.median(run[what] for run in of)) for n, of in runs.items()},
        }
        print(f"  {what}: {found[what]}", file=sys.stderr)
    return found


@contextmanager
def grown_to(count: int, home: Path) -> Iterator[Stack]:
    """A stack with `count` conversations behind it."""
    home.mkdir()
    with real.real(home, SERVER) as system, ExitStack() as stack:
        running = system.services.running
        for name in real.HOSTED:
            running[name].stop()
        fill(system, grown.Years(count, board.branches(), datetime.now(UTC).date()))
        for name in WORKING:
            running[name] = again(running[name], home)
            stack.callback(running[name].close)
        campaign, metrics = (running[name] for name in WORKING)
        databases = system.databases
        roots = [campaign.process.pid, metrics.process.pid, databases.pid]
        roots.append(system.broker.nodes[0].pid)
        token = campaign.token(seconds=7200)
        shown = board.conversations(metrics, "SE", token)
        yield Stack(campaign, metrics, databases, roots, token, shown)


def fill(system: real.Real, years: grown.Years) -> None:
    """Fill the databases; without a log, which would be as large again."""
    server = system.databases
    server.execute("ALTER SYSTEM SET wal_level = minimal", "ALTER SYSTEM SET max_wal_senders = 0")
    server.restart()
    grown.fill_campaign(server, "campaign", years)
    epoch = server.execute("SELECT epoch FROM feed_head", database="campaign")
    grown.fill_metrics(server, "metrics", years, epoch)
    server.execute("ALTER SYSTEM RESET ALL")
    server.restart()


def again(stopped: Running, home: Path) -> Running:
    """The same service, started again."""
    return process.start(stopped.services, home, stopped.env, ports=stopped.ports)
