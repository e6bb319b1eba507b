"""The register's 95,000 members from a file into the real mode, as operators import them."""

import csv
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from stdnum.luhn import calc_check_digit

from bench import board, real
from infra.config import SERVICES
from tests import process
from tests.process import eventually

MEMBERS = 95_000
FIRST = date(1990, 1, 1)
COLUMNS = ("unit", "joined_on", "source", "name", "email", "phone", "personal_number", "birth_date")


def measure(home: Path) -> dict[str, Any]:
    """Seconds until the command is through, until the board shows all, and of a second run."""
    file = home / "members.csv"
    write(file)
    with real.real(home, hosted=SERVICES) as system:
        membership = system.services.running["membership"]
        seconds = []
        for summary in (f"{MEMBERS} created", f"0 created, {MEMBERS} exists"):
            began = time.perf_counter()
            done = process.samtal(
                ["import", "members", str(file)], home, membership.env, seconds=900
            )
            if f"{summary}, " not in done.stdout:
                raise AssertionError(done.stdout)
            seconds.append(round(time.perf_counter() - began, 1))
            if len(seconds) == 1:
                eventually(lambda: counted(system) == MEMBERS, "all are counted", 300)
                on_board = round(time.perf_counter() - began, 1)
    return {
        "members": MEMBERS,
        "seconds": seconds[0],
        "on_the_board_seconds": on_board,
        "again_seconds": seconds[1],
    }


def write(path: Path) -> None:
    """A register: every column filled, spread over the branches and thirty years."""
    chance, branches = Random(1), list(board.branches())
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in range(MEMBERS):
            born = date(1940, 1, 1) + timedelta(days=number % 12_000)
            serial = f"{born:%y%m%d}{number // 12_000:03}"
            rows.writerow(
                (
                    chance.choice(branches),
                    FIRST + timedelta(days=chance.randrange(12_000)),
                    "import",
                    f"Förnamn Efternamn {number}",
                    f"medlem.{number}@example.se",
                    f"070{number:07}",
                    f"{born:%Y%m%d}-{serial[6:]}{calc_check_digit(serial)}",
                    born,
                )
            )


def counted(system: real.Real) -> int:
    """How many members the party's board shows."""
    answer = system.services.call("GET", "metrics", "/goals/members_total?unit=SE")
    return int(answer.json()["value"])
