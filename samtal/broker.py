"""The broker as the command line sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from infra.config import Config

NOT_FOUND, REFUSED, OTHERWISE = 404, 403, 406
"""AMQP's reply codes for what is not there, not allowed, not as one says."""


@contextmanager
def connected(settings: Config) -> Iterator[Any]:
    """A connection to one of the broker's nodes; a sentence for the user if none answers."""
    try:
        nodes = [pika.URLParameters(uri) for uri in (settings.amqp_uri or "").split(";") if uri]
        for node in nodes:
            node.socket_timeout = node.stack_timeout = node.blocked_connection_timeout = 3
        connection = pika.BlockingConnection(nodes)
    except (OSError, AMQPError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise click.ClickException(f"{why}. Is RabbitMQ up, is SAMTAL_AMQP_URI right?") from error
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


def counts(connection: Any, queue: str) -> tuple[int, int] | None:
    """How many messages wait in a queue, and how many consumers it has; None: it is not there."""
    channel = connection.channel()
    try:
        found = channel.queue_declare(queue, passive=True).method
    except ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        return None
    channel.close()
    return found.message_count, found.consumer_count
