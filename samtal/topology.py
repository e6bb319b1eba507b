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
@click.option(
    "--passwords",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with a file for each user, of its name, that holds its password.",
)
def command(
    vhost: str, subscribers: Sequence[str], callers: Sequence[str], passwords: Path | None
) -> None:
    """Print the broker's users, permissions and exchanges, as RabbitMQ's definitions.

    Load them with `rabbitmqctl import_definitions FILE`; again changes nothing. Users are in it
    only with --passwords, as hashes; otherwise make them first.
    """
    try:
        everyone = who_is_who(subscribers, callers)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    found = {} if passwords is None else {user.name: _read(passwords, user) for user in everyone}
    click.echo(orjson.dumps(users.definitions(vhost, everyone, found), option=orjson.OPT_INDENT_2))


def who_is_who(subscribers: Sequence[str] = (), callers: Sequence[str] = ()) -> list[User]:
    """The operator, the four services, and the other systems; ValueError for a bad name."""
    double = sorted({*subscribers} & {*callers})
    if double:
        raise ValueError(f"{', '.join(double)}: a subscriber or a caller, not both")
    return [
        users.operator(),
        *map(users.service, SERVICES),
        *map(users.subscriber, subscribers),
        *map(users.caller, callers),
    ]


def _read(folder: Path, user: User) -> str:
    try:
        return (folder / user.name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise click.ClickException(
            f"{folder / user.name}: {error.strerror}. The password of {user.name} belongs there."
        ) from error
