"""The organisation in which the demo is played, once all four services know it."""

import time
from typing import Any

import click
from rich.progress import Progress

from infra.config import SERVICES
from samtal.client import Client
from samtal.demo.plan import Branch
from samtal.organisation import REFERENCE, load

LIMIT = 60.0
POLL = 0.1
PAGE = 500


def ready(client: Client, bars: Progress) -> tuple[Branch, ...]:
    """The open branches, sorted; the reference organisation is loaded first if there is none."""
    task = bars.add_task("Organisation", total=len(SERVICES))
    units = _units(client)
    if not units:
        load(client, REFERENCE)
        units = _units(client)
    for service in SERVICES:
        _wait(client, service, len(units))
        bars.advance(task)
    return branches(units)


def branches(units: list[dict[str, Any]]) -> tuple[Branch, ...]:
    """The open branches with the units above them."""
    parents = {unit["code"]: unit["parent"] for unit in units}
    return tuple(
        Branch(unit["code"], _path(parents, unit["code"]), unit.get("population") or 1)
        for unit in sorted(units, key=lambda unit: str(unit["code"]))
        if unit["kind"] == "branch" and unit["open"]
    )


def _path(parents: dict[str, str | None], code: str) -> tuple[str, ...]:
    path, above = [code], parents[code]
    while above is not None:
        path.append(above)
        above = parents[above]
    return tuple(path)


def _units(client: Client) -> list[dict[str, Any]]:
    units: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get("membership", "/units", limit=PAGE, cursor=cursor)
        units.extend(page["items"])
        cursor = page["next"]
        if cursor is None:
            return units


def _wait(client: Client, service: str, wanted: int) -> None:
    deadline = time.monotonic() + LIMIT
    while client.get(service, "/health/ready")["units"] < wanted:
        if time.monotonic() > deadline:
            raise click.ClickException(
                f"{service} does not know the organisation yet: run samtal doctor"
            )
        time.sleep(POLL)
