"""What the doctor says of one thing."""

from collections.abc import Callable
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; `text` says what to do when it is not ok."""

    ok: bool
    what: str
    text: str

    def say(self) -> None:
        """Print it."""
        mark = click.style("ok    ", fg="green") if self.ok else click.style("not ok", fg="red")
        click.echo(f"{mark}  {self.what:<24}  {self.text}")


def found(what: str, check: Callable[[], str]) -> Finding:
    """What `check` tells; not ok if it raises a sentence for the user."""
    try:
        return Finding(True, what, check())
    except click.ClickException as error:
        return Finding(False, what, error.message)
