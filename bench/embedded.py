"""The embedded mode: all four services in one process, on SQLite."""

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench import board, figures
from infra.config import SERVICES
from tests import process
from tests.process import Running

BATCHES = 10
ITEMS = 1000
DEMO_SCALE = "0.02"


def measure(home: Path) -> dict[str, Any]:
    """Start-up, the batches and the memory; seconds and MB."""
    first, running = started(home / "embedded")
    try:
        found = batches(running)
        memory = figures.resident(running.process.pid)
        running.stop()
        again, running = started(home / "embedded")
    finally:
        running.close()
    return {
        "start_first_seconds": first,
        "start_again_seconds": again,
        **found,
        "resident_mb": memory,
        "resident_after_demo_mb": after_demo(home / "demo"),
    }


def started(home: Path) -> tuple[float, Running]:
    """How long `samtal run` takes until all four are ready, and the process."""
    began = time.perf_counter()
    running = process.start(SERVICES, home)
    return round(time.perf_counter() - began, 2), running


def batches(running: Running) -> dict[str, Any]:
    """How long batches take to be answered, and to be on the board at every level."""
    token = running.token()
    districts = board.branches()
    answered, shown = [], []
    for _ in range(BATCHES):
        items, wanted = batch(running, token, districts)
        began = time.perf_counter()
        answer = running.call(
            "POST", "campaign", "/conversations/batch", {"items": items}, token
        ).json()
        answered.append(time.perf_counter() - began)
        if answer["created"] != ITEMS:
            raise AssertionError(f"only {answer['created']} of {ITEMS} were created")
        board.wait_for(running, wanted, token)
        shown.append(time.perf_counter() - began)
    return {
        "batches": BATCHES,
        "answer_seconds": figures.spread(answered),
        "board_seconds": figures.spread(shown),
    }


def batch(
    running: Running, token: str, districts: dict[str, str]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """A batch over all branches, and what the board must show after it at each level."""
    held_on = datetime.now(UTC).date().isoformat()
    codes = list(districts)
    units = [codes[number % len(codes)] for number in range(ITEMS)]
    items = [
        {"id": str(uuid4()), "unit": unit, "arena": "door", "held_on": held_on} for unit in units
    ]
    branch = units[-1]
    more: Counter[str] = Counter()
    for unit in units:
        more.update([unit, districts[unit], "SE"])
    levels = ("SE", districts[branch], branch)
    return items, {unit: board.conversations(running, unit, token) + more[unit] for unit in levels}


def after_demo(home: Path) -> float:
    """The memory once the demo has been played through the HTTP APIs, in MB."""
    _, running = started(home)
    try:
        process.samtal(["demo", "--scale", DEMO_SCALE, "--exit"], home, running.env)
        return figures.resident(running.process.pid)
    finally:
        running.close()
