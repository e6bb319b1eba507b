"""Segments with 100,000 members on PostgreSQL: reading them, and the counting once a day.

The members are joined through the noun, without a service; then the service starts, finds that
nobody has counted today, and counts while units are read from it.
"""

import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from bench import board, figures, real
from bench.growth import again
from infra.database import Database
from infra.sealing import Sealer
from services.membership import joins
from services.membership.exact_tree import ExactTree
from services.membership.vault import Vaults
from tests.process import DATA_KEY, Running

MEMBERS = 100_000
ITEMS = 1000
READS = 300
SEED = 2026
JOINED_ON = date(2019, 5, 6)
PATIENCE = 600.0
INTERESTS = ("arbete", "bostad", "facket", "klimat", "kultur", "skola", "trygghet", "vård", "äldre")
COMPETENCES = ("ekonomi", "it", "juridik", "ledarskap", "musik", "pedagogik", "språk", "teknik")


def measure(home: Path) -> dict[str, Any]:
    """Milliseconds of `GET /segments?unit=SE`, the counting, and reading beside it."""
    with real.real(home, hosted=("membership",)) as system:
        services = system.services.running
        services["membership"].stop()
        fill(system.databases.url("membership"))
        began = time.perf_counter()
        membership = services["membership"] = again(services["membership"], home)
        try:
            beside, seconds = while_counting(membership, began)
            processor = figures.processor([membership.process.pid])
            token = membership.token()
            read = [taken(membership, "/segments?unit=SE", token) for _ in range(READS)]
            return {
                "members": MEMBERS,
                "count_seconds": round(seconds, 1),
                "count_processor_seconds": round(processor, 1),
                "read_ms": figures.spread(read),
                "beside_ms": figures.spread(beside),
            }
        finally:
            membership.close()


def fill(url: str) -> None:
    """Let the members join, over all branches; a few young, in unions, with interests."""
    database = Database(url.replace("postgresql://", "postgresql+psycopg2://"), "membership")
    vault = Vaults(Sealer([DATA_KEY])).open(database)
    tree, chance, units = ExactTree(), Random(SEED), list(board.branches())
    for number in range(MEMBERS // ITEMS):
        with database.writing() as session:
            requests = [person(chance, units) for _ in range(ITEMS)]
            outcomes = joins.join_all(session, tree.as_of(session), requests, vault)
        if not all(outcome.created for outcome in outcomes):
            raise AssertionError("not everybody joined")
        if number % 20 == 19:
            print(f"  {(number + 1) * ITEMS:,} members", file=sys.stderr)
    database.close()


def person(chance: Random, units: list[str]) -> dict[str, Any]:
    """A request to join, as its schema loads it."""
    union = {"organisation": "Kommunal", "official": chance.random() < 0.2}
    return {
        "id": uuid4(),
        "unit": chance.choice(units),
        "joined_on": JOINED_ON,
        "source": "digital",
        "prospect_id": None,
        "recruited_by": None,
        "name": f"Medlem {chance.getrandbits(60):x}",
        "email": None,
        "phone": None,
        "personal_number": None,
        "birth_date": date(chance.randrange(1935, 2003), 1, 1),
        "union": {**union, "consent_at": datetime.now(UTC)} if chance.random() < 0.4 else None,
        "interests": chance.sample(INTERESTS, 3),
        "competences": chance.sample(COMPETENCES, 2),
        "affiliations": [],
        "paid_until": None,
    }


def while_counting(membership: Running, began: float) -> tuple[list[float], float]:
    """Milliseconds of reads of a unit until the segments are counted, and the seconds until then.

    The seconds are from before the start of the service.
    """
    token, times = membership.token(), []
    while True:
        times += [taken(membership, "/units/1280", token) for _ in range(20)]
        found = membership.call("GET", "membership", "/segments?unit=SE", token=token).json()
        seconds = time.perf_counter() - began
        if found["counted_on"] is not None:
            return times, seconds
        if seconds > PATIENCE:
            raise AssertionError(f"not counted in {PATIENCE:.0f} s")


def taken(membership: Running, path: str, token: str) -> float:
    """Milliseconds of one read."""
    began = time.perf_counter()
    membership.call("GET", "membership", path, token=token).raise_for_status()
    return (time.perf_counter() - began) * 1000
