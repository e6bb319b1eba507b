"""The command `samtal demo`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.progress import Progress

from infra import clock, config
from infra.config import SERVICES, Config
from samtal.board import board
from samtal.client import Client
from samtal.demo import compare, organisation
from samtal.demo.child import Child, Stopped, all_ready, serving
from samtal.demo.compare import Difference
from samtal.demo.plan import Branch, Plan
from samtal.demo.record import settle
from samtal.demo.stage import Stage
from samtal.demo.story import Story, tell
from samtal.progress import output, progress

SCOPES = (
    "membership:read",
    "membership:write",
    "campaign:write",
    "training:read",
    "training:write",
    "metrics:read",
    "metrics:targets",
    "events:read",
)
SHOWN = 20
INTERRUPTED = 130


@click.command("demo")
@click.option(
    "--scale",
    type=click.FloatRange(0.0005, 1.0),
    default=0.05,
    show_default=True,
    help="Part of the programme's own figures.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="The same seed plays the same facts.",
)
@click.option("--exit", "leave", is_flag=True, help="Stop at the end, with the goal board.")
def command(scale: float, seed: int, leave: bool) -> None:
    """Play the last complete year and this one up to today, through the HTTP APIs.

    If nothing is running yet it starts the services, embedded, and keeps serving. The board must
    show what was played, in every unit: if it does not, the differences are shown and the exit
    status is 1. Played again, or on a later day, it only adds what is new.
    """
    settings = config.load()
    client = Client(settings, SCOPES)
    try:
        with _services(settings, client) as child:
            wrong = _perform(settings, client, scale, seed)
            _show_differences(wrong)
            if child is not None and not leave:
                _keep_serving(settings, child)
    except Stopped:
        sys.exit(INTERRUPTED)
    sys.exit(1 if wrong else 0)


@contextmanager
def _services(settings: Config, client: Client) -> Iterator[Child | None]:
    """The services, started unless they run already; None when they were not started here."""
    if client.answers("membership") or not settings.embedded:
        yield None
        return
    _must_be_free(client)
    with serving(settings) as child:
        with progress() as bars:
            bars.add_task("Starting the services", total=None)
            child.wait_until(lambda: all_ready(client))
        yield child


def _must_be_free(client: Client) -> None:
    for service in SERVICES:
        if client.answers(service):
            raise click.ClickException(
                f"{service} answers at {client.address(service)}, but membership does not: "
                "stop it, or start the others with samtal run."
            )


def _perform(settings: Config, client: Client, scale: float, seed: int) -> list[Difference]:
    with progress() as bars:
        units = organisation.ready(client, bars)
        plan = _plan(settings, client, scale, seed, units)
        story = _told(plan, bars)
        Stage(client, bars).play(story)
        compare.settle(client, story.truth, bars)
        wrong = compare.differences(client, story.truth, _compared(plan), bars)
    _show_boards(client, plan)
    return wrong


def _plan(
    settings: Config, client: Client, scale: float, seed: int, branches: tuple[Branch, ...]
) -> Plan:
    today = clock.today()
    empty = not client.get("membership", "/members", unit="SE", limit=1)["items"]
    record = settle(settings.home, scale, seed, today, empty=empty)
    return Plan(scale, seed, record.first_year, today, record.imported_on, branches)


def _told(plan: Plan, bars: Progress) -> Story:
    task = bars.add_task("Making the facts up", total=None)
    story = tell(plan)
    bars.update(task, total=1, completed=1)
    return story


def _compared(plan: Plan) -> list[str]:
    """Every branch and all above them."""
    return sorted({unit for branch in plan.branches for unit in branch.path})


def _show_boards(client: Client, plan: Plan) -> None:
    console = output()
    for year in plan.years:
        answer = client.get("metrics", "/goals", unit="SE", year=year)
        console.print(board(answer, f"Demo at scale {plan.scale}: figures and targets alike."))


def _show_differences(wrong: list[Difference]) -> None:
    if not wrong:
        click.echo("Every number of every unit is what was played.")
        return
    click.echo(f"{len(wrong)} numbers are not what was played:", err=True)
    for difference in wrong[:SHOWN]:
        click.echo(f"  {difference}", err=True)


def _keep_serving(settings: Config, child: Child) -> None:
    click.echo(
        f"Serving; each service explains itself at /docs, {settings.url('metrics')}/docs say."
    )
    click.echo("The board again: samtal goals. Ctrl-C stops.")
    try:
        status = child.wait()
    except Stopped:
        return
    raise click.ClickException(f"The services stopped with status {status}; see {child.log}.")
