"""A database that stops answering is given up, and the wait for it is told as being away."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers import postgres

SCRIPT = Path(__file__).parent / "green_silence.py"


def test_a_frozen_database_ends_the_wait_as_one_that_is_away() -> None:
    with postgres() as server:
        url = server.url("postgres").replace("postgresql://", "postgresql+psycopg2://")
        with subprocess.Popen(
            [sys.executable, str(SCRIPT), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as asking:
            assert asking.stdin
            assert asking.stdout
            assert asking.stdout.readline() == "connected\n"
            server.freeze()
            try:
                asking.stdin.write("go on\n")
                asking.stdin.flush()
                found: dict[str, Any] = json.loads(asking.stdout.readline())
            finally:
                server.thaw()
    assert found == {"on an old connection": "away", "on a new connection": "away"}
