"""From the 201 of one POST /conversations to its number in GET /goals, in the real mode."""

import time
from datetime import UTC, datetime

from bench import board, figures
from tests.conftest import System

POSTS = 200


def measure(system: System) -> dict[str, float]:
    """Milliseconds, over single posts one after another, and how many there were."""
    campaign, metrics = system.running["campaign"], system.running["metrics"]
    token = campaign.token()
    held_on = datetime.now(UTC).date().isoformat()
    units = list(board.branches())[:POSTS]
    times = []
    for unit in units:
        number = board.conversations(metrics, unit, token)
        report = {"unit": unit, "arena": "door", "held_on": held_on}
        campaign.call("POST", "campaign", "/conversations", report, token).raise_for_status()
        answered = time.perf_counter()
        board.wait_for(metrics, {unit: number + 1}, token)
        times.append((time.perf_counter() - answered) * 1000)
    return {"posts": len(times), **figures.spread(times)}
