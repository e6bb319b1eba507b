"""An outbox into a quorum queue, confirmed: Samtal's relay, nameko's EventDispatcher, py-amqp.

Samtal's side is the whole way: from rows in the outbox to their positions, the feed, the broker's
confirms and the mark of how far they go. The other two have the events in memory.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from bench.drain import QUEUE, Reports, real_env, run
from bench.real import Real
from tests import process
from tests.process import eventually

EVENTS = 50_000
PEER_EVENTS = 3_000
ROUNDS = 3
PATIENCE = 120.0
HEAD, PUBLISHED = "SELECT head FROM feed_head", "SELECT position FROM published"
INTO = """\
WITH line AS (SELECT body, body::jsonb AS event FROM given)
INSERT INTO outbox (event_id, name, time, body)
SELECT (event->>'id')::uuid, 'conversation_logged', (event->>'time')::timestamptz,
       (event - 'position' - 'epoch')::text
FROM line"""


def measure(system: Real, clubs: Sequence[str], home: Path) -> dict[str, Any]:
    """Events a second of each, the median of some rounds, and what Samtal is beside them.

    Campaign must not run, and the queue of metrics must be there and empty.
    """
    reports = Reports(home, clubs)
    sides: dict[str, Callable[[], float]] = {
        "py_amqp": lambda: bare(system, reports),
        "samtal": lambda: samtal(system, reports, home),
        "nameko": lambda: nameko(system, reports),
    }
    runs: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS):
        for name in sorted(sides, reverse=bool(number % 2)):
            runs[name].append(round(sides[name](), 1))
            system.broker.ctl("purge_queue", QUEUE)
            print(f"  publishing, {name}: {runs[name][-1]:.0f} a second", file=sys.stderr)
    found = {name: round(statistics.median(rates), 1) for name, rates in runs.items()}
    ratios = {name: round(found["samtal"] / found[name], 2) for name in found if name != "samtal"}
    return {"events": EVENTS, "per_second": found, "rounds": runs, "samtal_is": ratios}


def bare(system: Real, reports: Reports) -> float:
    """py-amqp, 500 confirms awaited at a time."""
    path = str(reports.write(EVENTS))
    return EVENTS / float(run("peer.bare_publish", system.broker.uri, QUEUE, path, str(EVENTS)))


def nameko(system: Real, reports: Reports) -> float:
    """nameko's EventDispatcher."""
    path, number = str(reports.write(PEER_EVENTS)), str(PEER_EVENTS)
    return PEER_EVENTS / float(run("peer.nameko_dispatch", system.broker.uri, path, number))


def samtal(system: Real, reports: Reports, home: Path) -> float:
    """Campaign, given a full outbox: from the first position given to the last confirmed."""
    running = system.services.running["campaign"]
    campaign = process.start(["campaign"], home, real_env(system, running), ports=running.ports)
    with closing(psycopg2.connect(system.databases.url("campaign"))) as connection:
        connection.autocommit = True
        cursor = connection.cursor()

        def number(what: str) -> int:
            cursor.execute(what)
            return int((cursor.fetchone() or (0,))[0])

        try:
            before = number(PUBLISHED)
            fill(cursor, reports.write(EVENTS))
            eventually(lambda: number(HEAD) > before, "a position is given", PATIENCE)
            start = time.perf_counter()
            eventually(lambda: number(PUBLISHED) - before >= EVENTS, "all is published", PATIENCE)
            return EVENTS / (time.perf_counter() - start)
        finally:
            campaign.stop()


def fill(cursor: Any, path: Path) -> None:
    """Let the file's events wait in the outbox."""
    cursor.execute("CREATE TEMP TABLE given (body text)")
    # Neither character is in any line, so each line is one text.
    plain = "COPY given FROM STDIN WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    with path.open(encoding="utf-8") as lines:
        cursor.copy_expert(plain, lines)
    cursor.execute(INTO)
    cursor.execute("DROP TABLE given")
