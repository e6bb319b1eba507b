"""What the broker holds, beside what it should: exchanges, queues, bindings.

AMQP alone tells whether something is there, and refuses to declare it otherwise. It lists no
bindings: those are looked at where the address of RabbitMQ's management API is given.
"""

from collections.abc import Callable, Iterator
from typing import Any

import click
from pika.exceptions import AMQPError, ChannelClosedByBroker

from infra.bus.rabbitmq import topology
from infra.bus.rabbitmq.topology import Exchange, Queue
from infra.config import SERVICES, Config
from infra.errors import DeclaredOtherwise
from samtal.broker import NOT_FOUND, OTHERWISE, REFUSED, connected, counts
from samtal.doctor import bindings
from samtal.doctor.finding import Finding, found

UNKNOWN = "; this user may not compare it"


def findings(settings: Config) -> Iterator[Finding]:
    """Every check of the broker."""
    try:
        with connected(settings) as connection:
            yield Finding(True, "broker", "reached")
            for service in SERVICES:
                yield from _of(connection, service)
    except click.ClickException as error:
        yield Finding(False, "broker", error.message)
        return
    except AMQPError as error:
        yield Finding(False, "broker", f"it went away: {error or type(error).__name__}")
        return
    yield from bindings.findings(settings)


def _of(connection: Any, service: str) -> Iterator[Finding]:
    yield found(f"{service} exchange", lambda: _exchange(connection, service))
    yield found(f"{service} queue", lambda: _queue(connection, service))
    yield found(f"{service} given up", lambda: _given_up(connection, service))


def _exchange(connection: Any, service: str) -> str:
    exchange = topology.events_of(service)
    channel = connection.channel()
    try:
        channel.exchange_declare(exchange.name, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        raise click.ClickException(
            f"{exchange.name} is not there. Start it with: samtal run {service}"
        ) from error
    channel.close()
    return f"{exchange.name} is there{_compare_exchange(connection, exchange)}"


def _queue(connection: Any, service: str) -> str:
    _, live = topology.queues(service)
    counted = counts(connection, live.name)
    if counted is None:
        raise click.ClickException(f"{live.name} is not there. Start it with: samtal run {service}")
    waiting, consumers = counted
    if consumers:
        # Whoever consumes has compared it: a service does not start otherwise.
        return f"{waiting} waiting, {consumers} consuming"
    _compare_queue(connection, live)
    raise click.ClickException(
        f"nobody takes the {waiting} in {live.name}. Start it with: samtal run {service}"
    )


def _given_up(connection: Any, service: str) -> str:
    dead, _ = topology.queues(service)
    counted = counts(connection, dead.name)
    if counted is None:
        raise click.ClickException(f"{dead.name} is not there. Start {service} again")
    unknown = _compare_queue(connection, dead)
    unknown = _compare_exchange(connection, topology.dead_exchange(service)) or unknown
    if counted[0]:
        raise click.ClickException(
            f"{counted[0]} in {dead.name}: what killed {service}? samtal dead broker show {service}"
        )
    return f"none{unknown}"


def _compare_exchange(connection: Any, exchange: Exchange) -> str:
    return _compare(
        connection,
        "exchange",
        exchange.name,
        lambda channel: channel.exchange_declare(exchange.name, exchange.type, durable=True),
    )


def _compare_queue(connection: Any, queue: Queue) -> str:
    # It was there a moment ago, or this would make it, and the subscription would not know that
    # it is new: never of a queue that has not just been seen.
    return _compare(
        connection,
        "queue",
        queue.name,
        lambda channel: channel.queue_declare(queue.name, durable=True, arguments=queue.declared()),
    )


def _compare(connection: Any, kind: str, name: str, declare: Callable[[Any], object]) -> str:
    """Nothing if it is as we declare it; a few words if that cannot be told."""
    channel = connection.channel()
    try:
        declare(channel)
    except ChannelClosedByBroker as error:
        if error.reply_code == REFUSED:
            return UNKNOWN
        if error.reply_code != OTHERWISE:
            raise
        raise click.ClickException(str(DeclaredOtherwise(kind, name, error.reply_text))) from error
    channel.close()
    return ""
