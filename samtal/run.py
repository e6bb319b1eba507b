"""samtal run: host services in this process."""

import sys
from importlib import import_module
from typing import Any

import click

from infra.config import SERVICES

CLASSES = {
    "membership": ("services.membership.service", "MembershipService"),
    "campaign": ("services.campaign.service", "CampaignService"),
    "training": ("services.training.service", "TrainingService"),
    "metrics": ("services.metrics.service", "MetricsService"),
}


@click.command("run")
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
def command(services: tuple[str, ...]) -> None:
    """Start all services, or those named, and serve until stopped.

    Without SAMTAL_AMQP_URI and SAMTAL_DATABASE_URL everything runs embedded: one process, SQLite
    files under var/, nothing else installed.

    A service that finds a queue or an exchange on the broker declared otherwise is left out; the
    status is then 1 in the end.
    """
    # The runner patches the standard library for eventlet, so it comes first.
    runner_module: Any = import_module("infra.runner")
    config: Any = import_module("infra.config")
    settings = config.load()
    runner = runner_module.Runner([service_class(name) for name in services or SERVICES], settings)
    status = runner.run()
    for reason in runner.refusals:
        click.echo(f"samtal: {reason}", err=True)
    sys.exit(status)


def service_class(name: str) -> Any:
    """The nameko class of a service."""
    module, attribute = CLASSES[name]
    return getattr(import_module(module), attribute)
