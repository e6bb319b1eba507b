"""samtal dead: the events that a service could not handle, and what becomes of them."""

import sys
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

import click
from rich.table import Table
from rich.text import Text

from infra import config
from infra.config import SERVICES, Config
from samtal.client import Client, Refused, Unreachable
from samtal.dead.broker import given_up
from samtal.dead.text import harmless
from samtal.progress import output

PAGE = 500
MOST = 1000
"""Ids in one request."""

COLUMNS = ("ID", "Subscription", "Tries", "Next try")

Letter = dict[str, Any]
Selection = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])

SUBSCRIPTION = click.option(
    "--subscription", type=click.Choice(SERVICES), help="Only those of this service."
)


@click.group("dead")
def command() -> None:
    """Dead letters: events that a service could not handle."""


@command.command("list")
@SUBSCRIPTION
@click.option("--type", "kind", help="Only events of this type.")
@click.option("--set-aside", is_flag=True, help="Only what is not tried again by itself.")
def list_letters(subscription: str | None, kind: str | None, set_aside: bool) -> None:
    """List the dead letters, the newest first, and how much the broker itself gave up."""
    settings = config.load()
    client = Client(settings, ["ops"])
    table = Table(show_lines=True)
    for name in COLUMNS:
        table.add_column(name, no_wrap=True)
    table.add_column("Event and error", overflow="fold")
    wanted = {"type": kind, "set_aside": "true" if set_aside else None}
    silent: list[click.ClickException] = []
    for service in _services(subscription):
        try:
            for letter in _letters(client, service, **wanted):
                table.add_row(*_row(letter))
        except Unreachable as error:
            silent.append(error)
    if table.row_count:
        output().print(table)
    lost = _given_up(settings, _services(subscription), silent)
    for unreachable in silent:
        unreachable.show()
    if silent:
        sys.exit(1)
    if not table.row_count and not lost:
        click.echo("There are no dead letters.")


@command.command("show")
@click.argument("letter_id", metavar="ID", type=click.UUID)
@SUBSCRIPTION
@click.option("--body", "body_only", is_flag=True, help="The bytes that came, and nothing else.")
def show(letter_id: UUID, subscription: str | None, body_only: bool) -> None:
    """Show one letter: error, traceback and the bytes that came."""
    client = Client(config.load(), ["ops"])
    letter = _find(client, _services(subscription), letter_id)
    if body_only:
        click.echo(_bytes(letter), nl=False)
        return
    for name in ("id", "subscription", "type", "attempts", "first_failed_at", "failed_at"):
        click.echo(f"{name:<16}{harmless(str(letter[name] or 'unreadable'))}")
    click.echo(f"{'retry_at':<16}{letter['retry_at'] or 'set aside'}")
    click.echo(f"\n{harmless(letter['traceback'])}")
    click.echo("base64:" if letter["body_is_base64"] else "body:")
    click.echo(harmless(letter["body"]))


def selection(function: Command) -> Command:
    """Which letters a command is for: ids, a type, all, or all of a subscription."""
    for option in (
        click.option("--all", "everything", is_flag=True, help="All of them."),
        click.option("--type", "kind", help="Those of this type of event."),
        SUBSCRIPTION,
        click.argument("ids", nargs=-1, metavar="[ID]...", type=click.UUID),
    ):
        function = option(function)
    return function


@command.command("retry")
@selection
def retry(
    ids: Sequence[UUID], subscription: str | None, kind: str | None, everything: bool
) -> None:
    """Try letters again now; safe to repeat.

    What fails again is a dead letter again, with the new error.
    """
    bodies = _selections(ids, subscription, kind, everything)
    client = Client(config.load(), ["ops"])
    count = _send(client, _services(subscription), "retry", bodies)
    click.echo(f"{_letters_of(count)} tried again. What failed again: samtal dead list")
    _check_found(count, ids)


@command.command("discard")
@selection
@click.option("--yes", is_flag=True, help="Do not ask.")
def discard(
    ids: Sequence[UUID], subscription: str | None, kind: str | None, everything: bool, yes: bool
) -> None:
    """Forget letters for good: they will never have their effect."""
    bodies = _selections(ids, subscription, kind, everything)
    client, services = Client(config.load(), ["ops"]), _services(subscription)
    if not yes and sys.stdin.isatty():
        wanted = len(ids) or sum(1 for s in services for _ in _letters(client, s, type=kind))
        click.confirm(f"Discard {_letters_of(wanted)} for good?", abort=True)
    count = _send(client, services, "discard", bodies)
    click.echo(f"{_letters_of(count)} discarded.")
    _check_found(count, ids)


def _services(subscription: str | None) -> Sequence[str]:
    return [subscription] if subscription else SERVICES


def _selections(
    ids: Sequence[UUID], subscription: str | None, kind: str | None, everything: bool
) -> list[Selection]:
    """The bodies of the requests that say what is meant; a usage error if that is not clear."""
    if bool(ids) + (kind is not None) + everything > 1:
        raise click.UsageError("Give IDs, --type or --all: one of them.")
    if ids:
        texts = list(dict.fromkeys(map(str, ids)))
        return [{"ids": texts[n : n + MOST]} for n in range(0, len(texts), MOST)]
    if kind is not None:
        return [{"type": kind}]
    if everything or subscription:
        return [{"all": True}]
    raise click.UsageError("Say which letters: IDs, --subscription, --type or --all.")


def _send(client: Client, services: Sequence[str], verb: str, bodies: Sequence[Selection]) -> int:
    """How many letters the services found among those selected."""
    answers = [
        client.post(service, f"/dead-letters/{verb}", body)
        for service in services
        for body in bodies
    ]
    return sum(sum(answer.values()) for answer in answers)


def _check_found(count: int, ids: Sequence[UUID]) -> None:
    missing = len(set(ids)) - count
    if missing > 0:
        raise click.ClickException(
            f"{_letters_of(missing)} not found: handled or discarded before, or never there."
        )


def _letters(client: Client, service: str, **wanted: str | None) -> Iterator[Letter]:
    cursor: str | None = None
    while True:
        page = client.get(service, "/dead-letters", limit=PAGE, cursor=cursor, **wanted)
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def _find(client: Client, services: Sequence[str], letter_id: UUID) -> Letter:
    for service in services:
        try:
            letter: Letter = client.get(service, f"/dead-letters/{letter_id}")
        except Refused as error:
            if error.status != 404:
                raise
        else:
            return letter
    raise click.ClickException(f"There is no dead letter {letter_id}: samtal dead list")


def _given_up(settings: Config, services: Sequence[str], silent: list[click.ClickException]) -> int:
    """Tell of what the broker gave up; how much that is."""
    if settings.embedded:
        return 0
    try:
        found = given_up(settings, services)
    except click.ClickException as error:
        silent.append(error)
        return 0
    for service, count in found.items():
        click.echo(
            f"{service}: the broker gave up {count}. Look: samtal dead broker show {service}"
        )
    return sum(found.values())


def _row(letter: Letter) -> tuple[Text, ...]:
    error = letter["error"].partition("\n")[0]
    values = (
        letter["id"],
        letter["subscription"],
        str(letter["attempts"]),
        "set aside" if letter["set_aside"] else f"{letter['retry_at'][:19]}Z",
        f"{letter['type'] or 'unreadable'}\n{harmless(error)}",
    )
    return tuple(map(Text, values))


def _bytes(letter: Letter) -> bytes:
    body: str = letter["body"]
    return b64decode(body) if letter["body_is_base64"] else body.encode()


def _letters_of(count: int) -> str:
    return f"{count} letter{'' if count == 1 else 's'}"
