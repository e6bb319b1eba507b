"""The daily run over 300,000 obligations, and reads beside it.

On an ordinary day a 180th of them falls overdue, and as many are 7 and 30 days ahead. On the worst
day there can be all of them fall overdue at once. The rows are written without a service, which
finds them at its next look.
"""

import time
from pathlib import Path
from typing import Any

from bench import figures, real
from tests.process import Running, eventually

OBLIGATIONS = 300_600
READS = 300
WARM = 20
PATIENCE = 300.0
LIST = "/obligations?unit=SE&status=overdue"
DAYS = 180
"""Over which they fall due, so many each day."""
FILL = f"""
INSERT INTO obligation (id, member_id, unit, opened_in, kind, opened_on, due_on, status, version,
    remind_on, remind_last_on)
SELECT gen_random_uuid(), gen_random_uuid(), code, code, 'member_education',
    due - {DAYS}, due, 'open', 1,
    CASE WHEN due - 30 >= current_date THEN due - 30 END,
    CASE WHEN due - 7 >= current_date THEN due - 7 END
FROM (SELECT number, current_date - 1 + number % {DAYS} AS due
    FROM generate_series(1, {OBLIGATIONS}) AS number) AS each
JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place, count(*) OVER () AS all_of_them
    FROM unit WHERE kind = 'branch') AS branch ON place = 1 + number % all_of_them
"""
ALL_LATE = "UPDATE obligation SET due_on = current_date - 2 WHERE status = 'open'"
LEFT = "SELECT count(*) FROM obligation WHERE status = 'open'"
TOLD = """
SELECT coalesce(extract(epoch FROM max(time) - min(time)), 0), count(*) FROM (
    SELECT name, time FROM feed UNION ALL SELECT name, time FROM outbox) AS told
WHERE name LIKE 'obligation%' AND time > '{since}'
"""


def measure(home: Path) -> dict[str, Any]:
    """Seconds of both runs, milliseconds of reads beside the worst, and of the list afterwards."""
    with real.real(home, hosted=("membership", "training")) as system:
        training, databases = system.services.running["training"], system.databases
        databases.execute(FILL, database="training")
        a_day = OBLIGATIONS // DAYS
        eventually(lambda: told(databases, "-infinity")[1] == 3 * a_day, "the day's run", PATIENCE)
        ordinary, _ = told(databases, "-infinity")
        began = databases.execute("SELECT max(time) FROM feed", database="training")
        databases.execute(ALL_LATE, database="training")
        databases.execute("VACUUM ANALYZE", database="training")
        beside = while_marking(training, databases)
        worst, late = told(databases, began)
        if late != OBLIGATIONS - a_day:
            raise AssertionError(f"{late} were said to be overdue")
        token = training.token()
        read = [taken(training, LIST, token) for _ in range(WARM + READS)]
        return {
            "obligations": OBLIGATIONS,
            "told_on_a_day": 3 * a_day,
            "run_seconds": ordinary,
            "worst_run_seconds": worst,
            "beside_ms": figures.spread(beside),
            "list_ms": figures.spread(read[WARM:]),
        }


def told(databases: Any, since: str) -> tuple[float, int]:
    """From the first to the last that was told after `since`, in seconds, and how many."""
    seconds, count = databases.execute(TOLD.format(since=since), database="training").split("|")
    return round(float(seconds), 2), int(count)


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
