"""samtal rebuild: build the counters anew from the event feeds."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import click
from rich.progress import Progress, TaskID

from infra import config
from samtal.client import Client
from samtal.progress import progress

POLL = 0.2


@click.command("rebuild")
def command() -> None:
    """Rebuild the counters from the event feeds, while everything goes on."""
    client = Client(config.load(), ["ops"])
    # With an id of ours the same request may be sent again when its answer is lost.
    found = client.post("metrics", "/rebuild", {"id": str(uuid4())})
    ours = found["id"]
    with progress() as bars:
        tasks: dict[str, TaskID] = {}
        while found["id"] == ours and found["state"] == "running":
            time.sleep(POLL)
            found = client.get("metrics", "/rebuild")
            _show(bars, tasks, found)
    _end(ours, found)


def _show(bars: Progress, tasks: dict[str, TaskID], found: Mapping[str, Any]) -> None:
    for source in found["sources"]:
        name = source["source"]
        if name not in tasks:
            tasks[name] = bars.add_task(f"Counting {name}")
        # A feed may grow while it is read.
        bars.update(tasks[name], completed=source["position"], total=source["head"])


def _end(ours: str, found: Mapping[str, Any]) -> None:
    if found["id"] != ours:
        raise click.ClickException("Another rebuild has begun since; this one had no effect.")
    if found["state"] != "done":
        raise click.ClickException(f"The counters are as they were. {found['error']}")
    events = sum(source["position"] for source in found["sources"])
    click.echo(f"Rebuilt from {events} events.")
