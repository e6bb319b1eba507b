"""The next doors of areas, with 1 million households on PostgreSQL, 100 requests a second.

The areas are drawn through the noun, without a service; SQL gives them their households. Of those
some were visited in the area's round, some in the round before. One area more is as large as any
may be.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

from bench import board, figures, real
from infra import units
from infra.database import Database
from services.campaign import areas
from services.campaign.schemas.areas import MOST_HOUSEHOLDS
from tests.process import Running

AREAS = 5_000
HOUSEHOLDS = 200
CHUNK = 500
RATE = 100
SECONDS = 30
WARM = 200
LIMIT = 20
SEED = 5
FILL = """
INSERT INTO household (id, area_id, reference, ordinal, round, outcome, visited_at)
SELECT gen_random_uuid(), id, 'hus ' || number, number, last, outcome, visited_at
FROM area, generate_series(1, households) AS number, LATERAL (
    SELECT CASE WHEN number % 7 < 4 THEN area.round ELSE area.round - 1 END AS last
) AS visited, LATERAL (
    SELECT CASE WHEN last > 0
        THEN (ARRAY['no_answer', 'declined', 'return_later', 'conversation'])[1 + number % 4]
    END AS outcome, CASE WHEN last > 0 THEN now() END AS visited_at
) AS came_to
"""
ROUNDS = "UPDATE area SET round = 1 + abs(hashtext(id::text)) % 3"


def measure(home: Path) -> dict[str, Any]:
    """Milliseconds of `GET /areas/{id}/next` from when it was due, over the areas by chance."""
    with real.real(home, hosted=("membership", "campaign")) as system:
        began = time.perf_counter()
        found = drawn(system.databases.url("campaign"), [HOUSEHOLDS] * AREAS)
        (largest,) = drawn(system.databases.url("campaign"), [MOST_HOUSEHOLDS])
        # As autovacuum leaves the tables a minute later.
        work = (ROUNDS, FILL, "VACUUM ANALYZE")
        system.databases.execute(*work, database="campaign")
        seconds = time.perf_counter() - began
        print(f"  {AREAS * HOUSEHOLDS + MOST_HOUSEHOLDS:,} doors, {seconds:.0f} s", file=sys.stderr)
        campaign = system.services.running["campaign"]
        return {
            "households": AREAS * HOUSEHOLDS,
            "a_second": RATE,
            "next_ms": reads(campaign, found),
            "largest": MOST_HOUSEHOLDS,
            "largest_ms": reads(campaign, [largest]),
        }


def drawn(url: str, households: Sequence[int]) -> list[UUID]:
    """New areas of so many households, over all branches in turn."""
    database = Database(url.replace("postgresql://", "postgresql+psycopg2://"), "campaign")
    codes, found = list(board.branches()), []
    for start in range(0, len(households), CHUNK):
        with database.writing() as session:
            tree = units.load(session)
            for number, count in enumerate(households[start : start + CHUNK], start=start):
                request = area(codes[number % len(codes)], count)
                found.append(areas.create(session, tree, request)[0].id)
    database.close()
    return found


def area(unit: str, households: int) -> dict[str, Any]:
    """A request, as its schema loads it; where on the map does not matter here."""
    ring = [[13.0, 55.59], [13.02, 55.59], [13.02, 55.6], [13.0, 55.6], [13.0, 55.59]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    request = {"id": uuid4(), "unit": unit, "name": "Område", "polygon": polygon}
    return {**request, "households": households, "exclusive": False}


def reads(campaign: Running, found: Sequence[UUID]) -> dict[str, float]:
    """Milliseconds at `RATE`; a slow answer delays those behind it as well."""
    token, chance, times = campaign.token(), Random(SEED), []
    start = time.perf_counter()
    for number in range(WARM + RATE * SECONDS):
        due = start + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        path = f"/areas/{chance.choice(found)}/next?limit={LIMIT}"
        answer = campaign.call("GET", "campaign", path, token=token)
        times.append((time.perf_counter() - due) * 1000)
        if len(answer.json()["doors"]) != LIMIT:
            raise AssertionError(f"not {LIMIT} doors: {answer.text[:500]}")
    print(f"  {len(found)} areas: {figures.spread(times[WARM:])}", file=sys.stderr)
    return figures.spread(times[WARM:])
