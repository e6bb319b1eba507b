"""One POST /conversations: Samtal's campaign beside FastAPI and a monolith, on one server."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.process import PROJECT

CONCURRENCIES = (1, 8, 32)
ROUNDS = 10
SECONDS = 1.5
MOST = 5_000
BATCH = 500
MOST_BATCHES = 60
WARM = 0.7


def offer(
    port: int,
    token: str,
    units: Sequence[str],
    concurrency: int,
    seconds: float,
    batch: int = 0,
    what: str = "conversations",
) -> Any:
    """What the load generator saw: `answered`, `per_second`, `p50_ms`, `p99_ms`."""
    order = {
        "port": port,
        "token": token,
        "units": list(units),
        "concurrency": concurrency,
        "seconds": seconds,
        "most": MOST_BATCHES if batch else MOST,
        "batch": batch,
        "what": what,
        "held_on": datetime.now(UTC).date().isoformat(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(order) + "\n",
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def compare(
    ports: dict[str, int], token: str, units: Sequence[str], rounds: int = ROUNDS
) -> list[dict[str, Any]]:
    """Rates of both at each concurrency, taken in turns, and the median of the rounds' ratios."""
    for port in ports.values():
        offer(port, token, units, 8, WARM)
    found = []
    for concurrency in CONCURRENCIES:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
        for number in range(rounds):
            # A B, B A, A B …: what grows or fades during the run hits both alike.
            for name in sorted(ports, reverse=bool(number % 2)):
                runs[name].append(offer(ports[name], token, units, concurrency, SECONDS))
        found.append(summary(concurrency, runs))
        print(f"  {concurrency:3}: {found[-1]['ratios']}", file=sys.stderr)
    return found


def batches(port: int, token: str, units: Sequence[str], rounds: int = ROUNDS) -> dict[str, Any]:
    """Reports a second in batches of 500 beside one a request, one connection each, in turns."""
    runs: dict[int, list[float]] = {0: [], BATCH: []}
    for number in range(rounds):
        for batch in sorted(runs, reverse=bool(number % 2)):
            seen = offer(port, token, units, 1, SECONDS, batch)
            runs[batch].append(seen["per_second"] * max(batch, 1))
    ratios = [many / one for one, many in zip(runs[0], runs[BATCH], strict=True)]
    return {
        "items": BATCH,
        "per_second": round(statistics.median(runs[BATCH])),
        "ratio": round(statistics.median(ratios), 1),
    }


def summary(concurrency: int, runs: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """The medians of the rounds, and of their ratios (Samtal's rate over the other's)."""
    ratios = {name: over(runs["samtal"], runs[name]) for name in runs if name != "samtal"}
    return {
        "concurrency": concurrency,
        "ratio": {name: round(statistics.median(found), 3) for name, found in ratios.items()},
        "ratios": ratios,
        **{
            name: {
                key: round(statistics.median(run[key] for run in of), 2)
                for key in ("per_second", "p50_ms", "p99_ms")
            }
            for name, of in runs.items()
        },
    }


def over(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> list[float]:
    """Round by round, our rate over theirs."""
    pairs = zip(ours, theirs, strict=True)
    return [round(one["per_second"] / other["per_second"], 3) for one, other in pairs]
