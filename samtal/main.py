"""The command `samtal`: one verb a file."""

import sys
import warnings
from importlib import import_module

import click

from infra.errors import ConfigError

# That eventlet is in bugfix mode is known: docs/decisions.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

VERBS = (
    "run",
    "demo",
    "migrate",
    "token",
    "import",
    "goals",
    "events",
    "dead",
    "rebuild",
    "restored",
    "rotate-keys",
    "training",
    "topology",
    "doctor",
)


class Verbs(click.Group):
    """Loads a verb's module when it is used, so that `samtal token` need not load the services."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which they are met."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one verb."""
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("import", "imports").replace("-", "_")
        module = import_module(f"samtal.{name}")
        command: click.Command = module.command
        return command


@click.group(cls=Verbs)
@click.version_option(package_name="samtal")
def cli() -> None:
    """Samtal: members, conversations, training, and the goals that count them."""


def main() -> None:
    """The entry point: an unusable environment is one sentence, not a traceback."""
    try:
        cli(prog_name="samtal")
    except ConfigError as error:
        click.echo(f"samtal: {error}", err=True)
        sys.exit(2)
