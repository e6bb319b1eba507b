"""A year with an election through the whole stack: 1.6 million conversations, 100,000 joins.

Everything is reported over HTTP, in batches, by two clients at once; then every counter of every
unit is compared with what was reported.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from bench import board, figures, real
from bench.real import Real
from infra.config import SERVICES
from services.campaign.events.conversations import ARENAS
from tests.process import Running, eventually

CONVERSATIONS = 1_600_000
JOINS = 100_000
ITEMS = 1000
SEED = 2026
PATIENCE = 1800.0
STEP = 2.0
"""Seconds between two looks at the services' memory."""

Seen = dict[str, Counter[str]]
"""By goal, by unit: what was reported."""


def measure(home: Path) -> dict[str, Any]:
    """The time, what each process spent, how much memory each service had, and what is wrong."""
    with real.real(home, hosted=SERVICES) as system:
        roots = processes(system)
        before = spent(roots)
        began = time.perf_counter()
        with memory(system) as resident:
            seen = report(system)
            reported = time.perf_counter() - began
            eventually(lambda: counted(system, seen), "all is counted", PATIENCE)
            took = time.perf_counter() - began
            eventually(lambda: settled(system), "training's obligations are counted", PATIENCE)
        after = spent(roots)
        whole = sum(after[name] - before[name] for name in roots)
        return {
            "conversations": CONVERSATIONS,
            "joins": JOINS,
            "reported_seconds": round(reported, 1),
            "counted_seconds": round(took, 1),
            "all_seconds": round(time.perf_counter() - began, 1),
            "events_a_second": round((CONVERSATIONS + JOINS) / took),
            "processor_share": {n: round((after[n] - before[n]) / whole, 3) for n in roots},
            "resident_mb": resident,
            "wrong": wrong(system, seen),
        }


def report(system: Real) -> Seen:
    """Report the year; two clients for the conversations, one for the members."""
    year = Year(list(board.branches()))
    with ThreadPoolExecutor(3) as pool:
        waiting = []
        for service, path, items in year.batches():
            waiting.append(pool.submit(post, system, service, path, items))
            if len(waiting) > 12:
                waiting.pop(0).result()
        for done in waiting:
            done.result()
    return year.seen


def post(system: Real, service: str, path: str, items: list[dict[str, Any]]) -> None:
    """Report one batch; every item must be new."""
    answer = system.services.call("POST", service, path, {"items": items})
    answer.raise_for_status()
    if answer.json()["created"] != len(items):
        raise AssertionError(f"{path}: {answer.text[:500]}")


class Year:
    """What is reported, and the truth of it."""

    def __init__(self, branches: list[str]) -> None:
        self._branches = branches
        self._chance = Random(SEED)
        self._today = datetime.now(UTC).date()
        self.seen: Seen = {"conversations": Counter(), "members_recruited": Counter()}

    def batches(self) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """The service, the path, the items; the two kinds spread evenly."""
        joins = JOINS // ITEMS
        each = CONVERSATIONS // ITEMS // joins
        for _ in range(joins):
            yield "membership", "/members/batch", [self._join() for _ in range(ITEMS)]
            for _ in range(each):
                items = [self._conversation() for _ in range(ITEMS)]
                yield "campaign", "/conversations/batch", items

    def _conversation(self) -> dict[str, Any]:
        unit = self._unit("conversations")
        return {
            "id": self._id(),
            "unit": unit,
            "arena": self._chance.choice(ARENAS),
            "held_on": self._day(),
            "topics": ["skola"],
        }

    def _join(self) -> dict[str, Any]:
        number = self._chance.getrandbits(40)
        return {
            "id": self._id(),
            "unit": self._unit("members_recruited"),
            "joined_on": self._day(),
            "source": "digital",
            "name": f"Medlem {number:x}",
        }

    def _unit(self, goal: str) -> str:
        unit = self._chance.choice(self._branches)
        self.seen[goal][unit] += 1
        return unit

    def _day(self) -> str:
        days = self._today.timetuple().tm_yday
        return (self._today - timedelta(days=self._chance.randrange(days))).isoformat()

    def _id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))


def counted(system: Real, seen: Seen) -> bool:
    """Whether the party's board shows as much as was reported."""
    time.sleep(0.2)
    return all(values(system, "SE")[goal] >= by.total() for goal, by in seen.items())


def settled(system: Real) -> bool:
    """Whether every service is current."""
    time.sleep(0.5)
    names = ("training", "metrics")
    return all(system.services.call("GET", n, "/freshness").json()["current"] for n in names)


def wrong(system: Real, seen: Seen) -> list[str]:
    """Every counter, at every level, that is not what was reported."""
    above = board.branches()
    found = []
    for goal, by in seen.items():
        truth = Counter(by)
        for branch, amount in by.items():
            truth[above[branch]] += amount
            truth["SE"] += amount
        for unit, amount in truth.items():
            shown = values(system, unit)[goal]
            if shown != amount:
                found.append(f"{goal} of {unit}: {shown}, not {amount}")
    return found


def values(system: Real, unit: str) -> dict[str, int]:
    """The values of a unit's board."""
    answer = system.services.call("GET", "metrics", f"/goals?unit={unit}").json()
    return {goal["key"]: goal["value"] for goal in answer["goals"]}


def processes(system: Real) -> dict[str, int]:
    """What the year passes through, by the process that it begins with."""
    running = system.services.running
    found = {name: running[name].process.pid for name in running}
    return {**found, "postgresql": system.databases.pid, "rabbitmq": system.broker.nodes[0].pid}


def spent(roots: dict[str, int]) -> dict[str, float]:
    """Seconds of processor time of each."""
    return {name: figures.processor([pid]) for name, pid in roots.items()}


@contextmanager
def memory(system: Real) -> Iterator[dict[str, dict[str, float]]]:
    """The memory of each service, in MB, at the end of each quarter of the block; and the most."""
    looks: list[dict[str, float]] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(STEP):
            looks.append({n: figures.resident(r.process.pid) for n, r in every(system)})

    looking = threading.Thread(target=look)
    looking.start()
    found: dict[str, dict[str, float]] = {}
    try:
        yield found
    finally:
        over.set()
        looking.join()
    for name, _ in every(system):
        series = [at[name] for at in looks]
        at = [series[(len(series) - 1) * n // 4] for n in (1, 2, 4)]
        found[name] = {
            **dict(zip(("quarter", "half", "end"), at, strict=True)),
            "most": max(series),
        }


def every(system: Real) -> list[tuple[str, Running]]:
    """The services that run."""
    return list(system.services.running.items())
