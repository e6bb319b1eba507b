"""Measures everything that must be reached: one table, and bench/results.json.

`python -m bench [PART…]` measures these parts alone and keeps what the file says of the others.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import (
    areas,
    broker,
    burst,
    deadlines,
    doors,
    election,
    embedded,
    first_run,
    growth,
    importing,
    members,
    peers,
    segments,
    table,
)

RESULTS = Path(__file__).resolve().parent / "results.json"
PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "make_run": first_run.measure,
    "embedded": embedded.measure,
    "flow": broker.under_load,
    "post": broker.posts,
    "drain": broker.drained,
    "publishing": broker.published,
    "import": importing.measure,
    "election": election.measure,
    "growth": growth.measure,
    "members": members.measure,
    "segments": segments.measure,
    "deadlines": deadlines.measure,
    "burst": burst.measure,
    "areas_race": areas.measure,
    "doors": doors.measure,
}


def main(parts: list[str]) -> int:
    """Measure, write, print; 0 when everything was reached."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        print(f"There is no {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    peers.environment()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if parts else {}
    for part in parts or PARTS:
        print(f"{part} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="samtal-bench-") as folder:
            about = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), **machine()}
            results[part] = {**about, **PARTS[part](Path(folder))}
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    rows = table.rows(results)
    table.show(rows)
    return 0 if all(row.reached is not False for row in rows) else 1


def machine() -> dict[str, Any]:
    """What the figures belong to."""
    return {
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
