"""Neither database stops the event loop of a service."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers import PostgresServer

SCRIPT = Path(__file__).parent / "green_databases.py"


def seen(kind: str, url: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kind, url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_others_run_while_a_query_waits_for_postgresql(databases: PostgresServer) -> None:
    url = databases.url("postgres").replace("postgresql://", "postgresql+psycopg2://")
    assert seen("postgresql", url)["ticks"] > 10


def test_two_writers_of_sqlite_take_turns_and_the_others_run(tmp_path: Path) -> None:
    found = seen("sqlite", f"sqlite:///{tmp_path}/turns.db")
    assert found["ticks"] > 10
    assert found["seconds"] < 4.0  # Waiting in SQLite itself would take its busy timeout of 5 s.
