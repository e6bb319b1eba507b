"""Measures everything that must be reached, in one run: one table, and bench/results.json."""

import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import board, embedded, first_run, growth, latency, peers, post, real, table

RESULTS = Path(__file__).resolve().parent / "results.json"


def main() -> int:
    """Measure, print, write; 0 when everything was reached."""
    peers.environment()
    with tempfile.TemporaryDirectory(prefix="samtal-bench-") as folder:
        results = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "make_run": first_run.measure(made(Path(folder) / "fresh")),
            "embedded": embedded.measure(made(Path(folder) / "embedded")),
            **over_the_broker(made(Path(folder) / "real")),
            "growth": growth.measure(made(Path(folder) / "growth")),
        }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    rows = table.rows(results)
    table.show(rows)
    return 0 if all(row.reached is not False for row in rows) else 1


def over_the_broker(home: Path) -> dict[str, Any]:
    """What is measured with RabbitMQ and PostgreSQL."""
    with real.real(home) as system:
        found = {"latency_ms": latency.measure(system.services)}
        system.stop_all_but("campaign")
        real.give_units(system.databases, "campaign")
        campaign = system.services.running["campaign"]
        with peers.fastapi(system.databases, real.PEER_DATABASE, home) as port:
            ports = {"samtal": campaign.ports["campaign"], "fastapi": port}
            found["post"] = post.compare(ports, campaign.token(), list(board.branches()))
    return found


def made(folder: Path) -> Path:
    """The folder, which was not there before."""
    folder.mkdir()
    return folder


def machine() -> dict[str, Any]:
    """What the figures belong to."""
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
