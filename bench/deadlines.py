"""The daily run over 300,000 obligations that all fall overdue at once, and reads beside it.

The worst day there can be: on an ordinary one a 180th of them does. The rows are written without
a service, with their last day yesterday; then the service finds them.
"""

import time
from pathlib import Path
from typing import Any

from bench import figures, real
from tests.process import Running

OBLIGATIONS = 300_000
READS = 300
WARM = 20
PATIENCE = 300.0
LIST = "/obligations?unit=SE&status=overdue"
FILL = f"""
INSERT INTO obligation (id, member_id, unit, opened_in, kind, opened_on, due_on, status, version,
    remind_on, remind_last_on)
SELECT gen_random_uuid(), gen_random_uuid(), code, code, 'member_education',
    current_date - 200, current_date - 2, 'open', 1, current_date - 32, current_date - 9
FROM generate_series(1, {OBLIGATIONS}) AS number
JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place, count(*) OVER () AS all_of_them
    FROM unit WHERE kind = 'branch') AS branch ON place = 1 + number % all_of_them
"""
LEFT = "SELECT count(*) FROM obligation WHERE status = 'open'"
TOLD = """
SELECT extract(epoch FROM max(time) - min(time)), count(*) FROM (
    SELECT time FROM feed WHERE name = 'obligation_overdue'
    UNION ALL SELECT time FROM outbox WHERE name = 'obligation_overdue') AS told
"""


def measure(home: Path) -> dict[str, Any]:
    """Seconds of the run, milliseconds of reads beside it, and of the list afterwards."""
    with real.real(home, hosted=("membership", "training")) as system:
        training = system.services.running["training"]
        system.databases.execute(FILL, database="training")
        system.databases.execute("VACUUM ANALYZE", database="training")
        beside = while_marking(training, system.databases)
        seconds, told = system.databases.execute(TOLD, database="training").split("|")
        if int(told) != OBLIGATIONS:
            raise AssertionError(f"{told} were said to be overdue")
        token = training.token()
        read = [taken(training, LIST, token) for _ in range(WARM + READS)]
        return {
            "obligations": OBLIGATIONS,
            "run_seconds": round(float(seconds), 1),
            "beside_ms": figures.spread(beside),
            "list_ms": figures.spread(read[WARM:]),
        }


def while_marking(training: Running, databases: Any) -> list[float]:
    """Milliseconds of small reads from the first that is marked until the last is."""
    token, began, beside = training.token(), time.perf_counter(), []
    while True:
        found = [taken(training, "/obligations?unit=1280&limit=1", token) for _ in range(20)]
        left = int(databases.execute(LEFT, database="training"))
        if 0 < left < OBLIGATIONS:
            beside += found
        if left == 0:
            return beside
        if time.perf_counter() - began > PATIENCE:
            raise AssertionError(f"{left} are still to be marked")


def taken(training: Running, path: str, token: str) -> float:
    """Milliseconds of one read."""
    began = time.perf_counter()
    training.call("GET", "training", path, token=token).raise_for_status()
    return (time.perf_counter() - began) * 1000
