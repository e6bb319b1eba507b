"""samtal token: sign a bearer token."""

import re

import click

from infra import config
from infra.auth import SCOPES, Tokens
from infra.units import ROOT

UNITS_OF_TIME = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(ctx: click.Context, parameter: click.Parameter, value: str) -> int:
    """The seconds in `90s`, `15m`, `1h` or `7d`."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", value)
    if match is None:
        raise click.BadParameter("write it as 90s, 15m, 1h or 7d")
    return int(match[1]) * UNITS_OF_TIME[match[2]]


def known_scopes(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """The scopes, once all of them are known."""
    unknown = set(value.split()) - set(SCOPES)
    if unknown or not value.split():
        raise click.BadParameter(f"the scopes are: {' '.join(SCOPES)}")
    return value


@click.command("token")
@click.option("--scope", required=True, callback=known_scopes, help="Scopes, space-separated.")
@click.option("--unit", default=ROOT, show_default=True, help="Root of the caller's subtree.")
@click.option("--ttl", default="1h", show_default=True, callback=seconds, help="How long it lasts.")
@click.option("--subject", default="samtal-cli", show_default=True, help="Who the caller is.")
def command(scope: str, unit: str, ttl: int, subject: str) -> None:
    """Print a bearer token, signed with this installation's key."""
    click.echo(Tokens(config.load().secrets).sign(subject, scope, unit, ttl))
