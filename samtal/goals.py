"""samtal goals: the goal board in the terminal."""

import click

from infra import config
from infra.units import ROOT
from samtal.board import board
from samtal.client import Client
from samtal.progress import output


@click.command("goals")
@click.option("--unit", default=ROOT, show_default=True, help="A party, district or branch code.")
@click.option("--year", type=click.IntRange(2015, 2100), help="The current year if left out.")
def command(unit: str, year: int | None) -> None:
    """Show the goal board: every goal with its target, where it should be by now, its status."""
    client = Client(config.load(), ["metrics:read"])
    output().print(board(client.get("metrics", "/goals", unit=unit, year=year)))
