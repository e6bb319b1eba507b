"""Which events each queue gets, beside which it should: over RabbitMQ's management API."""

from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import click
import requests

from infra.bus.rabbitmq.topology import dead_of, queue_of
from infra.config import SERVICES, Config
from samtal.catalogue import catalogue
from samtal.doctor.finding import Finding, found
from samtal.published.subscriptions import subscriptions

TIMEOUT = 5.0

Binding = tuple[str, str]
"""An exchange and a routing key."""


def findings(settings: Config) -> Iterator[Finding]:
    """A finding a service, or that it cannot be told."""
    if settings.broker_api is None:
        text = "not looked at: AMQP lists none. Set SAMTAL_BROKER_API to the management API"
        yield Finding(True, "bindings", text)
        return
    for service in SERVICES:
        yield found(f"{service} bindings", lambda s=service: _of(settings, s))  # type: ignore[misc]


def wanted(service: str) -> set[Binding]:
    """What the queue of a service's subscription is bound to."""
    places = {each.type: (each.exchange, each.routing_key) for each in catalogue()}
    return {places[each.event_type] for each in subscriptions() if each.service == service}


def _of(settings: Config, service: str) -> str:
    given = _bound(settings, queue_of(service))
    missing, foreign = wanted(service) - given, given - wanted(service)
    if (dead_of(service), "") not in _bound(settings, dead_of(service)):
        missing.add((dead_of(service), ""))
    if missing:
        raise click.ClickException(
            f"missing {_named(missing)}. Stop {service}, delete {queue_of(service)} and start it "
            "again: it then reads the feeds"
        )
    if foreign:
        raise click.ClickException(
            f"foreign {_named(foreign)}: {service} sets aside what comes that way. Unbind it"
        )
    return f"{len(given)}, as they should be"


def _bound(settings: Config, queue: str) -> set[Binding]:
    vhost = quote(unquote(urlsplit((settings.amqp_uri or "").split(";")[0]).path[1:]) or "/", "")
    base = (settings.broker_api or "").rstrip("/")
    url = f"{base}/api/queues/{vhost}/{quote(queue, '')}/bindings"
    with requests.Session() as session:
        # The name and the password in the address, and nobody else's.
        session.trust_env = False
        try:
            answer = session.get(url, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise click.ClickException(
                "the management API does not answer. Is SAMTAL_BROKER_API right?"
            ) from error
    if answer.status_code == requests.codes.not_found:
        return set()
    if not answer.ok:
        raise click.ClickException(f"the management API answers {answer.status_code}")
    # Every queue is bound to the default exchange, whose name is empty.
    return {(each["source"], each["routing_key"]) for each in answer.json() if each["source"]}


def _named(bindings: set[Binding]) -> str:
    return ", ".join(f"{exchange} {key}".strip() for exchange, key in sorted(bindings))
