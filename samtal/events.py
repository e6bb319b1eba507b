"""samtal events: follow the feeds, and list what there is to subscribe to."""

import time
from dataclasses import dataclass
from typing import Any

import click
import orjson
from rich.table import Table

from infra import config
from infra.config import SERVICES
from samtal.catalogue import catalogue
from samtal.client import Client
from samtal.progress import output

POLL = 0.5
PAGE = 1000
SHOWN = ("position", "type", "subject", "data")


@click.group("events")
def command() -> None:
    """What the services publish."""


@command.command("tail")
@click.option("--type", "wanted", multiple=True, help="Only these: a type or its bare name.")
@click.option("--source", "sources", multiple=True, type=click.Choice(SERVICES))
@click.option("--from-start", is_flag=True, help="Begin with the first event ever published.")
def tail(wanted: tuple[str, ...], sources: tuple[str, ...], from_start: bool) -> None:
    """Follow live events, one JSON line each, until Ctrl-C."""
    _check_known(wanted)
    client = Client(config.load(), ["events:read"])
    feeds = [Feed(client, source) for source in sources or SERVICES]
    try:
        _follow(feeds, wanted, from_start=from_start)
    except KeyboardInterrupt:
        return


@command.command("catalogue")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of a table.")
def show_catalogue(as_json: bool) -> None:
    """List the types of event: where to bind a queue and what the data holds."""
    published = catalogue()
    if as_json:
        click.echo(orjson.dumps([p.as_dict() for p in published], option=orjson.OPT_INDENT_2))
        return
    table = Table(show_lines=True)
    for name in ("Exchange", "Routing key", "Data", "What happened"):
        table.add_column(name, overflow="fold")
    for event in published:
        data = ", ".join(f"{name}: {kind}" for name, kind in event.fields.items())
        table.add_row(event.exchange, event.routing_key, data, event.about)
    output().print(table)


@dataclass
class Feed:
    """One producer's feed and how far it has been read."""

    client: Client
    source: str
    position: int = 0
    epoch: str = ""

    def skip_to_head(self) -> None:
        """Pass over everything published so far."""
        page = self._page(limit=1)
        self.position, self.epoch = page["head"], page["epoch"]

    def read(self) -> list[dict[str, Any]]:
        """The next events; none when there are no more now."""
        page = self._page(limit=PAGE)
        if self.epoch and page["epoch"] != self.epoch:
            # A restored backup began a new life of the feed.
            self.position = 0
            page = self._page(limit=PAGE)
        self.position, self.epoch = page["next"], page["epoch"]
        return list(page["items"])

    def _page(self, limit: int) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(
            self.source, "/events", after=self.position, limit=limit
        )
        return found


def matches(event_type: str, wanted: tuple[str, ...]) -> bool:
    """Whether the type is wanted, by its full or its bare name; all are if none is named."""
    return not wanted or event_type in wanted or event_type.split(".")[1] in wanted


def _follow(feeds: list[Feed], wanted: tuple[str, ...], *, from_start: bool) -> None:
    if not from_start:
        for feed in feeds:
            feed.skip_to_head()
    while True:
        seen = 0
        for feed in feeds:
            events = feed.read()
            seen += len(events)
            for event in events:
                if matches(event["type"], wanted):
                    click.echo(orjson.dumps({name: event.get(name) for name in SHOWN}))
        if not seen:
            time.sleep(POLL)


def _check_known(wanted: tuple[str, ...]) -> None:
    known = {name for p in catalogue() for name in (p.type, p.type.split(".")[1])}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise click.BadParameter(
            f"no such type: {', '.join(unknown)}; see samtal events catalogue", param_hint="--type"
        )
