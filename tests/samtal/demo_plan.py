"""A small organisation and a plan to play in it."""

from datetime import date
from typing import Any

from samtal.demo.organisation import branches
from samtal.demo.plan import Plan


def unit(code: str, kind: str, parent: str | None, population: int | None) -> dict[str, Any]:
    return {"code": code, "kind": kind, "parent": parent, "population": population, "open": True}


UNITS = [
    unit("SE", "party", None, 100_000),
    unit("skane", "district", "SE", 60_000),
    unit("norrbotten", "district", "SE", 40_000),
    unit("1280", "branch", "skane", 50_000),
    unit("1281", "branch", "skane", 10_000),
    unit("2584", "branch", "norrbotten", 40_000),
    {**unit("2585", "branch", "norrbotten", 90_000), "open": False},
    unit("1280-rosengard", "association", "1280", None),
]


def plan(
    today: date = date(2026, 11, 23),
    scale: float = 0.01,
    seed: int = 1,
    imported: date | None = None,
) -> Plan:
    """The demo of 2025 and 2026."""
    return Plan(scale, seed, 2025, today, imported or today, branches(UNITS))
