"""Waits until the board has counted everything, then compares it with the generator's count."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.progress import Progress

from infra.units import ROOT
from samtal.client import Client
from samtal.demo.truth import Truth

STILL = 20.0
"""Seconds without any change after which services that are behind are no longer waited for."""

QUIET = 4.0
"""The same once nobody is behind: longer than an event that was not noticed waits."""

LISTENERS = ("training", "metrics")
POLL = 0.1
PARALLEL = 4


@dataclass(frozen=True)
class Difference:
    """One number of the board that is not what was played."""

    unit: str
    year: int
    key: str
    board: float | None
    played: float | None

    def __str__(self) -> str:
        return f"{self.unit} {self.year} {self.key}: board {self.board}, played {self.played}"


def settle(client: Client, truth: Truth, bars: Progress) -> None:
    """Wait until every feed is read to its end and the party's numbers are right.

    Returns as well when nothing has changed for a while: then they stay wrong.
    """
    task = bars.add_task("Waiting for the board", total=None)
    seen: object = None
    moved = time.monotonic()
    while True:
        fresh = [client.get(service, "/freshness") for service in LISTENERS]
        wrong = list(_of_unit(client, truth, ROOT))
        current = all(answer["current"] for answer in fresh)
        if current and not wrong:
            break
        state = ([source["position"] for answer in fresh for source in answer["sources"]], wrong)
        if state != seen:
            seen, moved = state, time.monotonic()
        if time.monotonic() - moved > (QUIET if current else STILL):
            break
        time.sleep(POLL)
    bars.update(task, total=1, completed=1)


def differences(
    client: Client, truth: Truth, units: Iterable[str], bars: Progress
) -> list[Difference]:
    """Every number of every unit and year that differs."""
    wanted = list(units)
    task = bars.add_task("Comparing the board", total=len(wanted))

    def of_one(unit: str) -> list[Difference]:
        found = list(_of_unit(client, truth, unit))
        bars.advance(task)
        return found

    pool = ThreadPoolExecutor(PARALLEL)
    try:
        return [difference for found in pool.map(of_one, wanted) for difference in found]
    finally:
        pool.shutdown(cancel_futures=True)


def compare(board: dict[str, Any], truth: Truth) -> Iterator[Difference]:
    """The differences on the board of one unit and year."""
    unit, year = board["unit"], board["year"]
    goals = {goal["key"]: goal for goal in board["goals"]}
    for key, played in truth.goals(unit, year).items():
        if goals[key]["value"] != played:
            yield Difference(unit, year, key, goals[key]["value"], played)
    split = goals["conversations"]["split"]
    for arena, played in truth.arenas(unit, year).items():
        if split.get(arena, 0) != played:
            yield Difference(unit, year, f"conversations, {arena}", split.get(arena, 0), played)


def _of_unit(client: Client, truth: Truth, unit: str) -> Iterator[Difference]:
    for year in truth.years:
        yield from compare(client.get("metrics", "/goals", unit=unit, year=year), truth)
