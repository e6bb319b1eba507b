"""What the counters must be, kept by those who caused them; and what they are."""

import csv
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.process import ORGANISATION

YEARS = (2025, 2026)
SPLIT = {"conversations": "conversations", "members_recruited": "recruited", "members_left": "left"}

Key = tuple[str, str, int]
"""A unit, a measure (`conversations.door`, `members`) and a year."""


def organisation() -> dict[str, tuple[str, ...]]:
    """By unit: itself and all above it, of the reference organisation."""
    above: dict[str, tuple[str, ...]] = {"SE": ("SE",)}
    with ORGANISATION.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            district = row["district_code"]
            above[district] = (district, "SE")
            above[row["municipality_code"]] = (row["municipality_code"], district, "SE")
    return above


@dataclass(frozen=True)
class Difference:
    """One counter that is wrong."""

    key: Key
    wanted: int
    found: int

    def __str__(self) -> str:
        unit, measure, year = self.key
        return f"{unit} {year} {measure}: {self.found}, truth {self.wanted}"


class Truth:
    """The counters as they must be once everything has had its effect; safe between threads."""

    def __init__(self) -> None:
        self.above = organisation()
        self.branches = [code for code, path in self.above.items() if len(path) == 3]
        self.units = list(self.above)
        self.joined = 0
        self.events = 0
        self._counts: Counter[Key] = Counter()
        self._lock = threading.Lock()

    def logged(self, report: dict[str, Any], sign: int = 1) -> None:
        """A report of conversations was accepted; with `sign` −1 it was voided."""
        measure = f"conversations.{report['arena']}"
        self._happened((report["unit"], measure, report["held_on"], sign * report["count"]))

    def joins(self, member: dict[str, Any]) -> None:
        """Somebody joined."""
        unit, day = member["unit"], member["joined_on"]
        self._happened((unit, "members", day, 1), (unit, f"recruited.{member['source']}", day, 1))
        with self._lock:
            self.joined += 1

    def leaves(self, unit: str, day: str, reason: str) -> None:
        """Somebody left."""
        self._happened((unit, "members", day, -1), (unit, f"left.{reason}", day, 1))

    def transfers(self, unit: str, to: str, day: str) -> None:
        """Somebody moved."""
        self._happened((unit, "members", day, -1), (to, "members", day, 1))

    def differences(
        self, board: Callable[[str, int], dict[str, Any]], units: Sequence[str] = ()
    ) -> list[Difference]:
        """Every counter, of all units or of these, that is not as it must be.

        `board` answers GET /goals.
        """
        found: Counter[Key] = Counter()
        for unit in units or self.units:
            for year in YEARS:
                found.update(measures(board(unit, year), unit, year))
        with self._lock:
            wanted = {k: n for k, n in self._counts.items() if not units or k[0] in units}
        keys = sorted(wanted.keys() | found.keys())
        wrong = [key for key in keys if wanted.get(key, 0) != found[key]]
        return [Difference(key, wanted.get(key, 0), found[key]) for key in wrong]

    def _happened(self, *increments: tuple[str, str, str, int]) -> None:
        with self._lock:
            self.events += 1
            for unit, measure, day, amount in increments:
                first = date.fromisoformat(day).year
                # A stock goes on into the years that follow.
                years = [y for y in YEARS if y >= first] if measure == "members" else [first]
                for above in self.above[unit]:
                    for year in years:
                        self._counts[above, measure, year] += amount


def measures(board: dict[str, Any], unit: str, year: int) -> dict[Key, int]:
    """The measures that a goal board shows."""
    found: dict[Key, int] = {}
    for goal in board["goals"]:
        if goal["key"] == "members_total":
            found[unit, "members", year] = goal["value"]
        elif goal["key"] in SPLIT:
            parts = {k: v for k, v in goal["split"].items() if k != "in_person"}
            for part, value in parts.items():
                found[unit, f"{SPLIT[goal['key']]}.{part}", year] = value
    return found


def lost_and_double(differences: list[Difference]) -> tuple[int, int]:
    """How much the whole party's counters miss, and how much they have too much."""
    whole = [d.wanted - d.found for d in differences if d.key[0] == "SE"]
    return sum(n for n in whole if n > 0), -sum(n for n in whole if n < 0)
