"""samtal doctor: what is wrong with this installation, and what to do about it."""

import sys
from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from infra import config, migrate
from infra.config import SERVICES, Config
from infra.database import Database
from infra.errors import ConfigError
from samtal.client import Client
from samtal.doctor import broker
from samtal.doctor.finding import Finding, found
from samtal.migrate import first_line

TOO_FAR_BEHIND = 10.0
"""Seconds: less is the time that events take."""


@click.command("doctor")
def command() -> None:
    """Check configuration, services, databases, broker and lag; say what to do."""
    try:
        settings = config.load()
    except ConfigError as error:
        Finding(False, "configuration", str(error)).say()
        sys.exit(1)
    wrong = 0
    for finding in findings(settings):
        finding.say()
        wrong += not finding.ok
    sys.exit(1 if wrong else 0)


def findings(settings: Config) -> Iterator[Finding]:
    """Every check, one after the other."""
    mode = f"embedded, files under {settings.home}" if settings.embedded else "real"
    yield Finding(True, "configuration", mode)
    client = Client(settings, ["metrics:read", "events:read"])
    for service in SERVICES:
        yield found(f"{service} live", lambda s=service: _live(client, s))  # type: ignore[misc]
        yield found(f"{service} ready", lambda s=service: _ready(client, s))  # type: ignore[misc]
    if not settings.embedded:
        for service in SERVICES:
            yield _database(settings, service)
        yield from broker.findings(settings)
    yield from _lag(client)
    for service in SERVICES:
        yield from _letters_and_returns(client, service)


def _live(client: Client, service: str) -> str:
    client.once(service, "/health/live")
    return f"answers at {client.address(service)}"


def _ready(client: Client, service: str) -> str:
    if not client.answers(service):
        raise click.ClickException("not asked: it does not answer")
    units = client.once(service, "/health/ready")["units"]
    return f"knows {units} units"


def _database(settings: Config, service: str) -> Finding:
    what = f"{service} database"
    database = Database(settings.database(service), service)
    try:
        with database.reading() as session:
            current = migrate.is_current(session.connection(), service)
    except SQLAlchemyError as error:
        return Finding(False, what, f"{first_line(error)}. Is PostgreSQL up, does it exist?")
    finally:
        database.close()
    if not current:
        return Finding(False, what, "not migrated. Run: samtal migrate")
    return Finding(True, what, "reached, and the schema is current")


def _lag(client: Client) -> Iterator[Finding]:
    if not client.answers("metrics"):
        return
    try:
        sources = client.once("metrics", "/freshness")["sources"]
    except click.ClickException as error:
        yield Finding(False, "lag", error.message)
        return
    for source in sources:
        behind, seconds = source["behind_events"], source["behind_seconds"]
        text = f"metrics is {behind} events and {seconds or 0:.1f} s behind"
        late = (seconds or 0) > TOO_FAR_BEHIND
        advice = ". Wait a little; if it stays, look at the log of metrics" if late else ""
        yield Finding(not late, f"lag from {source['source']}", text + advice)


def _letters_and_returns(client: Client, service: str) -> Iterator[Finding]:
    """Nothing of a service that does not answer: that is said already."""
    if not client.answers(service):
        return
    try:
        report = client.once(service, "/freshness")
    except click.ClickException as error:
        yield Finding(False, f"{service} dead letters", error.message)
        return
    yield _dead_letters(service, report["kept"], report["set_aside"])
    if report["returned"]:
        yield Finding(True, f"{service} unheard", _unheard(report["returned"]))


def _dead_letters(service: str, kept: int, aside: int) -> Finding:
    text = f"{aside} set aside, {kept - aside} tried again by themselves" if kept else "none"
    advice = f". Look: samtal dead list --subscription {service}" if aside else ""
    return Finding(not aside, f"{service} dead letters", text + advice)


def _unheard(returned: list[dict[str, Any]]) -> str:
    events = ", ".join(
        f"{each['count']} {each['name']} (the last {each['returned_at'][:19]}Z)"
        for each in returned
    )
    return f"no queue takes {events}; they are in the feed"
