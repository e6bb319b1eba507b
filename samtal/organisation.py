"""The organisation's reference file as an edition of the unit tree."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from infra.units import ROOT
from samtal import table
from samtal.client import Client
from samtal.table import Row
from services.membership.editions import COLUMNS, PARTY_NAME, REFERENCE

__all__ = ["REFERENCE", "edition", "load"]


def load(client: Client, file: Path) -> dict[str, Any]:
    """Send the file as the national edition; what membership answers."""
    found = table.read(file)
    found.require(*COLUMNS)
    answer: dict[str, Any] = client.post("membership", "/units/editions", edition(found.rows()))
    return answer


def edition(rows: Iterable[Row]) -> dict[str, Any]:
    """The body of `POST /units/editions`: the party, its districts, their branches.

    Raises a sentence that names the row where one cannot be used.
    """
    districts: dict[str, dict[str, Any]] = {}
    branches: list[dict[str, Any]] = []
    for row in rows:
        branch, district = _branch(row), _district(row)
        known = districts.setdefault(district["code"], district)
        if known["name"] != district["name"]:
            raise click.ClickException(
                f"Row {row.number} gives the district {district['code']} another name."
            )
        known["population"] += branch["population"]
        branches.append(branch)
    population = sum(branch["population"] for branch in branches)
    party = _unit(ROOT, PARTY_NAME, "party", None, population)
    return {"national": True, "units": [party, *districts.values(), *branches]}


def _branch(row: Row) -> dict[str, Any]:
    cells = _cells(row)
    if not (cells["population"].isascii() and cells["population"].isdigit()):
        raise click.ClickException(f"Row {row.number} has no whole number as its population.")
    population = int(cells["population"])
    code, name = cells["municipality_code"], cells["municipality_name"]
    return _unit(code, name, "branch", cells["district_code"], population)


def _district(row: Row) -> dict[str, Any]:
    cells = _cells(row)
    return _unit(cells["district_code"], cells["district_name"], "district", ROOT, 0)


def _cells(row: Row) -> dict[str, str]:
    if row.cells is None or not all(row.cells[name] for name in COLUMNS):
        raise click.ClickException(f"Row {row.number} lacks a cell.")
    return row.cells


def _unit(code: str, name: str, kind: str, parent: str | None, population: int) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "parent": parent,
        "population": population,
    }
