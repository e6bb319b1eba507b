"""samtal doctor: what is wrong with this installation, and what to do about it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import amqp
import click
from kombu import Connection
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from infra import config, migrate
from infra.config import SERVICES, Config
from infra.database import Database
from infra.errors import ConfigError
from samtal.client import Client
from samtal.migrate import first_line

TOO_FAR_BEHIND = 10.0
"""Seconds: less is the time that events take."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; `text` says what to do when it is not ok."""

    ok: bool
    what: str
    text: str


@click.command("doctor")
def command() -> None:
    """Check configuration, services, databases, broker and lag; say what to do."""
    try:
        settings = config.load()
    except ConfigError as error:
        _say(Finding(False, "configuration", str(error)))
        sys.exit(1)
    wrong = 0
    for finding in findings(settings):
        _say(finding)
        wrong += not finding.ok
    sys.exit(1 if wrong else 0)


def findings(settings: Config) -> Iterator[Finding]:
    """Every check, one after the other."""
    mode = f"embedded, files under {settings.home}" if settings.embedded else "real"
    yield Finding(True, "configuration", mode)
    client = Client(settings, ["metrics:read", "events:read"])
    for service in SERVICES:
        yield _guarded(f"{service} live", lambda s=service: _live(client, s))  # type: ignore[misc]
        yield _guarded(f"{service} ready", lambda s=service: _ready(client, s))  # type: ignore[misc]
    if not settings.embedded:
        for service in SERVICES:
            yield _database(settings, service)
        yield from _broker(settings.amqp_uri or "")
    yield from _lag(client)
    for service in SERVICES:
        yield from _dead_letters(client, service)


def _say(finding: Finding) -> None:
    mark = click.style("ok    ", fg="green") if finding.ok else click.style("not ok", fg="red")
    click.echo(f"{mark}  {finding.what:<24}  {finding.text}")


def _guarded(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(True, what, check())
    except click.ClickException as error:
        return Finding(False, what, error.message)


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


def _broker(uri: str) -> Iterator[Finding]:
    try:
        with Connection(uri, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
            yield Finding(True, "broker", "reached")
            for service in SERVICES:
                yield _queue(connection, service)
    except (OSError, OperationalError, amqp.AMQPError) as error:
        why = first_line(error)
        yield Finding(False, "broker", f"{why}. Is RabbitMQ up, is SAMTAL_AMQP_URI right?")


def _queue(connection: Connection, service: str) -> Finding:
    queue = f"{service}.subscription"
    channel = connection.channel()
    try:
        waiting = channel.queue_declare(queue, passive=True).message_count
    except amqp.NotFound:
        text = f"{queue} is not there. Start it with: samtal run {service}"
        return Finding(False, f"{service} queue", text)
    given_up = channel.queue_declare(f"{queue}.dead", passive=True).message_count
    channel.close()
    if given_up:
        text = f"{given_up} in {queue}.dead: look there for what kills {service}"
        return Finding(False, f"{service} queue", text)
    return Finding(True, f"{service} queue", f"{waiting} waiting")


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


def _dead_letters(client: Client, service: str) -> Iterator[Finding]:
    """Nothing of a service that does not answer: that is said already."""
    what = f"{service} dead letters"
    if not client.answers(service):
        return
    try:
        report = client.once(service, "/freshness")
    except click.ClickException as error:
        yield Finding(False, what, error.message)
        return
    kept, aside = report["kept"], report["set_aside"]
    text = f"{aside} set aside, {kept - aside} tried again by themselves" if kept else "none"
    advice = f". Look: samtal dead list --subscription {service}" if aside else ""
    yield Finding(not aside, what, text + advice)
