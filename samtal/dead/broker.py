"""samtal dead broker: the messages that the broker itself has given up.

Whatever took them died of them, 200 times. They are consumed to be looked at, which every kind of
queue allows, and go back when the connection is closed.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import click
import pika
from pika.exceptions import ChannelClosedByBroker, NackError, UnroutableError

from infra import config
from infra.bus.rabbitmq.topology import dead_of, queue_of
from infra.config import SERVICES, Config
from samtal.broker import REFUSED, connected, counts
from samtal.dead.text import harmless

PATIENCE = 2.0
"""Seconds without a message after which there are no more."""

PREFETCH = 100
ONE = click.argument("subscription", type=click.Choice(SERVICES))


class Message(NamedTuple):
    """One message, and where it is acknowledged."""

    tag: int
    properties: Any
    body: bytes


@click.group("broker")
def broker() -> None:
    """What the broker gave up, in the queues NAME.subscription.dead."""


@broker.command("show")
@ONE
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, PREFETCH))
def show(subscription: str, limit: int) -> None:
    """Show the oldest of them; they stay where they are."""
    with connected(_settings()) as connection:
        found = list(_taken(connection.channel(), subscription, limit))
        for message in found:
            _print(message)
    if not found:
        click.echo("There is nothing that the broker gave up.")


@broker.command("retry")
@ONE
def retry(subscription: str) -> None:
    """Put them back into the queue that they were given up in; needs the operator's user.

    One that still kills the service comes here again, after 200 more times.
    """
    with connected(_settings()) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        count = 0
        for message in _taken(channel, subscription):
            _put_back(channel, queue_of(subscription), message)
            channel.basic_ack(message.tag)
            count += 1
    click.echo(f"{_messages(count)} put back into {queue_of(subscription)}.")


@broker.command("discard")
@ONE
@click.option("--yes", is_flag=True, help="Do not ask.")
def discard(subscription: str, yes: bool) -> None:
    """Forget them for good; their events remain in the feeds."""
    with connected(_settings()) as connection:
        waiting, _ = counts(connection, dead_of(subscription)) or (0, 0)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Discard {_messages(waiting)} for good?", abort=True)
        channel, count = connection.channel(), 0
        for message in _taken(channel, subscription):
            channel.basic_ack(message.tag)
            count += 1
    click.echo(f"{_messages(count)} discarded.")


def given_up(settings: Config, services: Sequence[str]) -> dict[str, int]:
    """How many messages the broker gave up of each of these subscriptions, if it gave up any."""
    with connected(settings) as connection:
        found = {service: counts(connection, dead_of(service)) for service in services}
    return {service: count[0] for service, count in found.items() if count and count[0]}


def _settings() -> Config:
    settings = config.load()
    if settings.embedded:
        raise click.ClickException("Embedded there is no broker that could give anything up.")
    return settings


def _taken(channel: Any, subscription: str, most: int | None = None) -> Iterator[Message]:
    """The messages that are there now, each unacknowledged: it goes back with the channel."""
    queue = dead_of(subscription)
    waiting = channel.queue_declare(queue, passive=True).method.message_count
    waiting = waiting if most is None else min(waiting, most)
    if not waiting:
        return
    channel.basic_qos(prefetch_count=min(waiting, PREFETCH))
    for method, properties, body in channel.consume(queue, inactivity_timeout=PATIENCE):
        if method is None:
            return
        yield Message(method.delivery_tag, properties, body)
        waiting -= 1
        if not waiting:
            return


def _put_back(channel: Any, queue: str, message: Message) -> None:
    old = message.properties
    # Without what the broker wrote on it: given up again, it is to tell of that time.
    headers = {k: v for k, v in (old.headers or {}).items() if not k.startswith("x-")}
    properties = pika.BasicProperties(
        content_type=old.content_type,
        content_encoding=old.content_encoding,
        headers=headers,
        message_id=old.message_id,
        delivery_mode=2,
    )
    try:
        channel.basic_publish("", queue, message.body, properties, mandatory=True)
    except (UnroutableError, NackError) as error:
        raise click.ClickException(f"{queue} does not take it: is it there, is it full?") from error
    except ChannelClosedByBroker as error:
        if error.reply_code != REFUSED:
            raise
        raise click.ClickException(
            "This user may not put it back. Set SAMTAL_AMQP_URI to the operator's."
        ) from error


def _print(message: Message) -> None:
    headers = message.properties.headers or {}
    death = (headers.get("x-death") or [{}])[0]
    about = {
        "message id": message.properties.message_id,
        "routing key": ", ".join(death.get("routing-keys", [])),
        "given up at": death.get("time"),
        "because": death.get("reason"),
    }
    for name, value in about.items():
        click.echo(f"{name:<12}{harmless(str(value or 'unknown'))}")
    click.echo(f"{harmless(message.body.decode('utf-8', 'backslashreplace'))}\n")


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"
