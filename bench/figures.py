"""Medians, percentiles, the memory and the processor time of processes."""

import os
import statistics
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.servers.guard import tree


def spread(values: Sequence[float]) -> dict[str, float]:
    """The median, the 99th percentile and the largest."""
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[int(len(ordered) * 0.99)], 2),
        "max": round(ordered[-1], 2),
    }


def resident(pid: int) -> float:
    """The resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def processor(roots: Sequence[int]) -> float:
    """The processor time, in seconds, of processes and all that they started, ended or not."""
    ticks = 0
    for pid in {found for root in roots for found in tree(root)}:
        with suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            # After the name, which may hold anything: user, system, and those of ended children.
            ticks += sum(int(field) for field in stat.rpartition(")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")
