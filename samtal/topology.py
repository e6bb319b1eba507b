"""samtal topology: the broker's users and what they may do, for the broker to load."""

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from infra.bus.rabbitmq import users
from infra.bus.rabbitmq.users import User
from infra.config import SERVICES


@click.command("topology")
@click.option("--vhost", default="samtal", show_default=True, help="The virtual host of it all.")
@click.option("--subscriber", "subscribers", multiple=True, help="Another system that listens.")
@click.option("--caller", "callers", multiple=True, help="Another system that calls over RPC.")
@click.option("--others-only", is_flag=True, help="Without the operator and the four services.")
@click.option(
    "--passwords",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with a file for each user that is to be made: its name, its password.",
)
def command(
    vhost: str,
    subscribers: Sequence[str],
    callers: Sequence[str],
    others_only: bool,
    passwords: Path | None,
) -> None:
    """Print the broker's users, permissions and exchanges, as RabbitMQ's definitions.

    Load them with `rabbitmqctl import_definitions FILE`; again changes nothing. Users are made by
    it only if --passwords has their passwords, of which it holds hashes; the others must be there.
    """
    try:
        everyone = [*([] if others_only else ours()), *others(subscribers, callers)]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    found = {} if passwords is None else _passwords(passwords, everyone)
    click.echo(orjson.dumps(users.definitions(vhost, everyone, found), option=orjson.OPT_INDENT_2))


def ours() -> list[User]:
    """The operator and the four services."""
    return [users.operator(), *map(users.service, SERVICES)]


def others(subscribers: Sequence[str], callers: Sequence[str]) -> list[User]:
    """The other systems; ValueError for a bad name."""
    double = sorted({*subscribers} & {*callers})
    if double:
        raise ValueError(f"{', '.join(double)}: a subscriber or a caller, not both")
    return [*map(users.subscriber, subscribers), *map(users.caller, callers)]


def _passwords(folder: Path, everyone: Sequence[User]) -> dict[str, str]:
    known = {user.name for user in everyone}
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    if strange := [path.name for path in files if path.name not in known]:
        raise click.ClickException(f"{folder} has a password for {', '.join(strange)}: who is it?")
    found = {path.name: path.read_text(encoding="utf-8").strip() for path in files}
    if empty := [name for name, password in found.items() if not password]:
        raise click.ClickException(f"{folder} has an empty password for {', '.join(empty)}.")
    return found
