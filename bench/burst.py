"""290 branches send what their telephones kept, 200 reports each, within a minute."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import board, real
from bench.load import report
from bench.real import Real
from tests.process import PROJECT

EACH = 200
"""Reports of a branch."""

ITEMS = 20
"""Reports of a telephone: a batch."""

CONNECTIONS = 290
SECONDS = 50
"""In which all batches are sent; the last is answered within the minute."""

PATIENCE = 60.0
POLL = 0.02


def measure(home: Path) -> dict[str, Any]:
    """How fast all are answered, how many were lost, and when the board shows the last of them."""
    with real.real(home) as system:
        return synced(system)


def synced(system: Real) -> dict[str, Any]:
    """The same, on services that run."""
    campaign, metrics = (system.services.running[name] for name in ("campaign", "metrics"))
    token, branches = campaign.token(), board.branches()
    order: dict[str, Any] = {
        "port": campaign.ports["campaign"],
        "token": token,
        # A batch is of one branch; the branches come in turns.
        "units": [branch for branch in branches for _ in range(ITEMS)],
        "batch": ITEMS,
        "most": len(branches) * EACH // ITEMS,
        "rate": len(branches) * EACH / ITEMS / SECONDS,
        "concurrency": CONNECTIONS,
        "seconds": 60,
        "held_on": datetime.now(UTC).date().isoformat(),
    }
    wanted = expected(order, branches)
    seen = sent(order)
    while board.conversations(metrics, "SE", token) != wanted["SE"]:
        if time.time() - seen["ended_at"] > PATIENCE:
            raise AssertionError("the board does not show all that was answered")
        time.sleep(POLL)
    current = time.time() - seen["ended_at"]
    board.wait_for(metrics, wanted, token)
    return {
        "reports": order["most"] * ITEMS,
        "answered": seen["answered"] * ITEMS,
        "stored": int(system.databases.execute(STORED, database="campaign")),
        "batches": order["most"],
        "connections": CONNECTIONS,
        "answer_ms": {"p50": round(seen["p50_ms"], 1), "p99": round(seen["p99_ms"], 1)},
        "sent_seconds": round(seen["answered"] / seen["per_second"], 1),
        "board_seconds": round(current, 2),
    }


STORED = "SELECT count(*) FROM conversation WHERE voided_at IS NULL"


def expected(order: dict[str, Any], branches: dict[str, str]) -> dict[str, int]:
    """What the board must show of each branch, of each district and of the party."""
    wanted = dict.fromkeys(("SE", *branches.values(), *branches), 0)
    for number in range(order["most"] * ITEMS):
        said = report(order, number)
        for unit in (said["unit"], branches[said["unit"]], "SE"):
            wanted[unit] += said["count"]
    return wanted


def sent(order: dict[str, Any]) -> dict[str, Any]:
    """What the load generator saw."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(order) + "\n",
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr[-2000:]}")
    seen: dict[str, Any] = json.loads(done.stdout)
    if seen["answered"] != order["most"]:
        raise RuntimeError(f"only {seen['answered']} of {order['most']} batches were answered")
    return seen
