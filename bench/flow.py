"""From the 201 of a report to its number in GET /goals while 200 reports a second come in.

The load is one process; beside it one probe after another is posted to a branch of its own, and
that branch's board is read until it shows the number.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bench import board, figures
from bench.drain import run
from bench.real import Real
from tests.process import PROJECT

RATE = 200
SECONDS = 60
CONNECTIONS = 16
READS = 100
READ_SECONDS = 20
EVENTS = 1000
ITEMS = 100


def latency(system: Real) -> dict[str, Any]:
    """Milliseconds from answer to board, and from publish to consume with nothing of ours."""
    services = system.services
    campaign, metrics = services.running["campaign"], services.running["metrics"]
    token, held_on = campaign.token(), datetime.now(UTC).date().isoformat()
    units = list(board.branches())
    loaded, probed = units[:-20], units[-20:]
    times = []
    numbers = {unit: board.conversations(metrics, unit, token) for unit in probed}
    with busy(campaign.ports["campaign"], token, loaded, RATE, SECONDS) as done:
        for unit in _again(probed):
            if done.is_set():
                break
            report = {"unit": unit, "arena": "door", "held_on": held_on}
            campaign.call("POST", "campaign", "/conversations", report, token).raise_for_status()
            answered = time.perf_counter()
            numbers[unit] += 1
            board.wait_for(metrics, {unit: numbers[unit]}, token)
            times.append((time.perf_counter() - answered) * 1000)
    bare = json.loads(run("peer.bare_latency", system.broker.uri, str(RATE), "10"))
    found = {"rate": RATE, "seconds": SECONDS, "probes": len(times), **figures.spread(times)}
    return {**found, "bare": bare, "times_bare": round(found["p50"] / bare["p50"], 1)}


def reads(system: Real) -> dict[str, Any]:
    """Milliseconds of GET /goals?unit=SE, 100 a second, while 1,000 events a second arrive."""
    services = system.services
    campaign, metrics = services.running["campaign"], services.running["metrics"]
    token = campaign.token()
    order = {"batch": ITEMS}
    port, units = campaign.ports["campaign"], list(board.branches())
    times: list[float] = []
    with busy(port, token, units, EVENTS // ITEMS, READ_SECONDS + 2, **order):
        time.sleep(1)  # the flow is steady; what is measured begins
        start = time.perf_counter()
        for number in range(READS * READ_SECONDS):
            due = start + number / READS
            time.sleep(max(0.0, due - time.perf_counter()))
            metrics.call("GET", "metrics", "/goals?unit=SE", token=token).raise_for_status()
            # From when it was due: a slow answer delays those behind it as well.
            times.append((time.perf_counter() - due) * 1000)
    return {"a_second": READS, "events_a_second": EVENTS, **figures.spread(times)}


@contextmanager
def busy(
    port: int, token: str, units: list[str], rate: int, seconds: int, **more: int
) -> Iterator[threading.Event]:
    """A load of `rate` requests a second beside the block; the event is set when it has ended."""
    order = {
        "port": port,
        "token": token,
        "units": units,
        "concurrency": CONNECTIONS,
        "rate": rate,
        "seconds": seconds,
        "most": rate * seconds,
        "held_on": datetime.now(UTC).date().isoformat(),
        **more,
    }
    done = threading.Event()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        text=True,
    ) as load:
        answer: list[tuple[str, str]] = []

        def watch() -> None:
            answer.append(load.communicate(json.dumps(order) + "\n"))
            done.set()

        watching = threading.Thread(target=watch)
        watching.start()
        yield done
        watching.join()
    if load.returncode:
        raise RuntimeError(f"the load failed: {answer[0][1][-2000:]}")
    seen = json.loads(answer[0][0])
    if seen["per_second"] < 0.9 * rate:
        raise RuntimeError(f"{seen['per_second']:.0f} a second were answered, not {rate}")


def _again(units: list[str]) -> Iterator[str]:
    while True:
        yield from units
