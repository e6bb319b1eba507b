"""A register of 100,000 members on PostgreSQL: its lists, and joins beside conversations."""

import csv
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import board, figures, post, real
from infra import clock
from tests.process import ORGANISATION, Running

MEMBERS = 100_000
BATCH = 1000
LEFT = 2000
READS = 300
WARM = 20
HOSTED = ("membership", "campaign")
LISTS = (
    "/members?unit=SE",
    "/members?unit=SE&status=member",
    "/members?unit=SE&status=left",
    "/members?unit=skane",
    "/members?unit=skane&status=left",
    "/members?unit=0180",
    "/members?unit=0180&status=member",
    "/members?unit=2403",
)
"""The party, a large district, the largest branch, the smallest."""

OTHERS = ("/lapsing?unit=SE", "/lapsing?unit=0180", "/retention?unit=SE", "/retention?unit=0180")


def measure(home: Path) -> dict[str, Any]:
    """Milliseconds of the lists, one at a time, and the rate of joins over that of reports."""
    with real.real(home, hosted=HOSTED) as system:
        running = system.services.running
        membership, token = running["membership"], running["membership"].token()
        fill_seconds = fill(membership, token)
        # As autovacuum leaves the tables a minute later.
        system.databases.execute("VACUUM ANALYZE", database="membership")
        ports = {name: running[name].ports[name] for name in HOSTED}
        return {
            "members": MEMBERS,
            "fill_seconds": fill_seconds,
            "lists_ms": {path: reads(membership, path, token) for path in LISTS},
            "others_ms": {path: reads(membership, path, token) for path in OTHERS},
            "joins": joins(ports, token, list(board.branches())),
        }


def fill(membership: Running, token: str) -> float:
    """Let all of them join, and some leave; how many seconds it took."""
    chance = random.Random(4)
    began = time.perf_counter()
    for start in range(0, MEMBERS, BATCH):
        items = list(people(chance, start))
        body = {"items": items}
        answer = membership.call("POST", "membership", "/members/batch", body, token)
        answer.raise_for_status()
        if answer.json()["created"] != len(items):
            raise RuntimeError(f"not all joined: {answer.text[:500]}")
        leave(membership, items[:: MEMBERS // LEFT], token)
    seconds = time.perf_counter() - began
    print(f"  {MEMBERS} members in {seconds:.0f} s", file=sys.stderr)
    return round(seconds, 1)


def leave(membership: Running, items: Sequence[dict[str, Any]], token: str) -> None:
    """Let them leave today."""
    leaving = {"left_on": clock.today().isoformat(), "reason": "own_request"}
    for item in items:
        path = f"/members/{item['id']}/leave"
        membership.call("POST", "membership", path, leaving, token).raise_for_status()


def people(chance: random.Random, start: int) -> Iterator[dict[str, Any]]:
    """A batch of them: over the branches by population, over twenty years, paid for some while."""
    with ORGANISATION.open(encoding="utf-8") as file:
        size = {row["municipality_code"]: int(row["population"]) for row in csv.DictReader(file)}
    units = chance.choices(list(size), list(size.values()), k=BATCH)
    today = clock.today()
    for number, unit in enumerate(units, start=start):
        yield {
            "id": str(UUID(int=chance.getrandbits(128), version=4)),
            "unit": unit,
            "joined_on": (today - timedelta(days=chance.randrange(20 * 365))).isoformat(),
            "source": "import",
            "name": f"Medlem {number}",
            "email": f"medlem.{number}@example.se",
            "interests": ["skola"],
            "paid_until": (today + timedelta(days=chance.randrange(365))).isoformat(),
        }


def reads(membership: Running, path: str, token: str) -> dict[str, float]:
    """Milliseconds of one list, asked for again and again."""
    times = []
    for _ in range(WARM + READS):
        began = time.perf_counter()
        membership.call("GET", "membership", path, token=token).raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
    found = figures.spread(times[WARM:])
    print(f"  {path}: {found}", file=sys.stderr)
    return found


def joins(ports: dict[str, int], token: str, units: Sequence[str]) -> list[dict[str, Any]]:
    """Rates of joins and of reports at each concurrency, in turns, as `post.compare`."""
    posted = {"samtal": ("members", "membership"), "campaign": ("conversations", "campaign")}

    def offer(name: str, concurrency: int, seconds: float) -> Any:
        what, service = posted[name]
        return post.offer(ports[service], token, units, concurrency, seconds, what=what)

    for name in posted:
        offer(name, 8, post.WARM)
    found = []
    for concurrency in post.CONCURRENCIES:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in posted}
        for number in range(post.ROUNDS):
            for name in sorted(posted, reverse=bool(number % 2)):
                runs[name].append(offer(name, concurrency, post.SECONDS))
        found.append(post.summary(concurrency, runs))
        print(f"  {concurrency:3}: {found[-1]['ratios']}", file=sys.stderr)
    return found
