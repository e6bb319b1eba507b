"""Reading the goal board while something is on its way to it."""

import csv
import time
from collections.abc import Mapping

from tests.process import ORGANISATION, Running

POLL = 0.002
PATIENCE = 20.0


def branches() -> dict[str, str]:
    """The district of each of the 290 branches."""
    with ORGANISATION.open(encoding="utf-8") as file:
        return {row["municipality_code"]: row["district_code"] for row in csv.DictReader(file)}


def conversations(metrics: Running, unit: str, token: str) -> int:
    """How many conversations GET /goals shows for a unit this year."""
    answer = metrics.call("GET", "metrics", f"/goals?unit={unit}", token=token)
    answer.raise_for_status()
    goal = next(goal for goal in answer.json()["goals"] if goal["key"] == "conversations")
    return int(goal["value"])


def wait_for(metrics: Running, wanted: Mapping[str, int], token: str) -> None:
    """Return once GET /goals shows every unit its number; fails when it shows more, or too late."""
    deadline = time.monotonic() + PATIENCE
    for unit, number in wanted.items():
        while (shown := conversations(metrics, unit, token)) != number:
            if shown > number or time.monotonic() > deadline:
                raise AssertionError(f"{unit} shows {shown} instead of {number}")
            time.sleep(POLL)
