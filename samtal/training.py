"""samtal training: what operations do in training that no event does."""

from datetime import datetime

import click

from infra import config
from infra.units import ROOT
from samtal.client import Client
from services.training.deadlines import INTRODUCTION


@click.group("training")
def command() -> None:
    """Obligations that no event opens."""


@command.command("open-obligations")
@click.option("--kind", type=click.Choice([INTRODUCTION]), required=True)
@click.option("--joined-before", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--unit", default=ROOT, show_default=True, help="And all below it.")
def open_obligations(kind: str, joined_before: datetime, unit: str) -> None:
    """Open what new members get for members from before; due a month from today.

    A second run opens it for nobody anew.
    """
    client = Client(config.load(), ["training:write"])
    asked = {"unit": unit, "kind": kind, "joined_before": joined_before.date().isoformat()}
    found = client.post("training", "/obligations/open", asked)
    click.echo(f"Opened for {found['opened']} members.")
