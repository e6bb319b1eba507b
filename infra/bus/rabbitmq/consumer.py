"""Drives a subscription from its queue: batches, one commit, then one acknowledgement."""

import time
from functools import partial
from threading import Event as Signal

import amqp
import eventlet
import structlog

from infra.bus.pump import Pump
from infra.bus.rabbitmq.broker import (
    AMQP_ERRORS,
    Nodes,
    declare_exchange,
    declare_queue,
    exchange_of,
    queue_exists,
    queue_of,
    time_limit,
)
from infra.database import AWAY
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

BATCH = 1000
PREFETCH = 2000
LINGER = 0.002
"""Seconds to wait for another message before a batch is handled."""

HEARTBEAT = 4
SILENCE = 5.0
"""Seconds without a word, heartbeats among them, after which the broker is given up."""

PREPARATION = 15.0
"""Seconds that the broker may take to declare what we consume from."""


class Consumer:
    """Drives one subscription from its queue, until stopped."""

    def __init__(self, uri: str, subscription: Subscription, pump: Pump) -> None:
        self._nodes = Nodes(uri)
        self._subscription = subscription
        self._pump = pump
        self._queue = queue_of(subscription.name)
        self._stopping = False
        self._bodies: list[bytes] = []
        self._last_tag = 0
        self._failures = 0
        self._retried = 0.0
        self._heard = 0.0
        self._prepared = 0
        self._fell_behind = Signal()

    def stop(self) -> None:
        """Handle and acknowledge what was delivered, then leave `run`."""
        self._stopping = True
        self._fell_behind.set()

    def run(self) -> None:
        """Consume until stopped; a broker or database that is away is waited for."""
        while not self._stopping:
            try:
                self._consume()
            except (*AMQP_ERRORS, *AWAY) as error:
                self._wait(error)

    def catch_up(self) -> None:
        """Read the feeds that have yet to be read, whenever there are such, until stopped."""
        waiting = False
        self._fell_behind.wait()
        while not self._stopping:
            self._fell_behind.clear()
            going_on = partial(self._is_still, self._prepared)
            try:
                for source in self._pump.behind():
                    self._pump.run(source, going_on)
                waiting = False
            except (OSError, *AWAY) as error:
                if not waiting:
                    log.info("feed_waiting", subscription=self._subscription.name, error=str(error))
                waiting = True
            self._fell_behind.wait(1.0 if waiting else None)

    def _is_still(self, queue: int) -> bool:
        return not self._stopping and queue == self._prepared

    def _consume(self) -> None:
        transport = self._nodes.connect(heartbeat=HEARTBEAT)
        self._bodies, self._last_tag = [], 0
        beating = eventlet.spawn(_beat, transport)
        try:
            channel = self._prepare(transport)
            with time_limit():
                tag = channel.basic_consume(self._queue, callback=self._delivered)
            self._recovered()
            self._heard = time.monotonic()
            while not self._stopping:
                self._gather(transport, 0.2)
                self._handle(transport, channel)
                self._retry_now_and_then()
            # What the broker sends before it confirms the cancel is still delivered here.
            with time_limit():
                channel.basic_cancel(tag)
            self._handle(transport, channel)
            with time_limit():
                transport.close()
        finally:
            beating.kill()
            transport.collect()

    def _prepare(self, transport: amqp.Connection) -> amqp.Channel:
        with time_limit():
            is_new = not queue_exists(transport, self._queue)
        if is_new:
            # Noted before there is a queue: a crash after it would leave nothing to tell by.
            self._pump.fall_behind()
        with time_limit(PREPARATION):
            channel = self._declare(transport)
        # Only what is read from now on is certain to reach either the queue or the reader.
        self._prepared += 1
        if is_new:
            self._pump.fall_behind()
        self._fell_behind.set()
        return channel

    def _declare(self, transport: amqp.Connection) -> amqp.Channel:
        channel = transport.channel()
        declare_queue(channel, self._queue)
        for source in self._subscription.sources:
            declare_exchange(channel, exchange_of(source))
            for key in self._subscription.bindings(source):
                channel.queue_bind(self._queue, exchange_of(source), key)
        channel.basic_qos(0, PREFETCH, False)
        return channel

    def _delivered(self, message: amqp.Message) -> None:
        body = message.body
        self._bodies.append(body.encode() if isinstance(body, str) else bytes(body))
        self._last_tag = message.delivery_tag

    def _gather(self, transport: amqp.Connection, patience: float) -> None:
        """Wait for a message, then take those that follow at once, up to a batch.

        Raises OSError when the broker has been silent for too long.
        """
        heard = transport.bytes_recv
        try:
            transport.drain_events(timeout=patience)
            while len(self._bodies) < BATCH:
                transport.drain_events(timeout=LINGER)
        except TimeoutError:
            pass
        now = time.monotonic()
        if transport.bytes_recv != heard:
            self._heard = now
        elif now - self._heard > SILENCE:
            raise OSError("the broker is silent")

    def _handle(self, transport: amqp.Connection, channel: amqp.Channel) -> None:
        if self._bodies:
            self._process(transport)
            # Nobody listened meanwhile.
            self._heard = time.monotonic()
            channel.basic_ack(self._last_tag, multiple=True)
            self._bodies = []

    def _process(self, transport: amqp.Connection) -> None:
        # While the database is away the messages are held, not given back: each time they came
        # again would count towards the queue's delivery limit.
        while True:
            try:
                self._subscription.process(self._bodies)
            except AWAY as error:
                self._note(error)
                if self._stopping:
                    raise
                # As long as it took to be told so, nobody listened.
                self._heard = time.monotonic()
                self._gather(transport, 0.5)
            else:
                self._recovered()
                return

    def _retry_now_and_then(self) -> None:
        if time.monotonic() - self._retried < 1.0:
            return
        self._retried = time.monotonic()
        try:
            self._subscription.retry()
        except AWAY as error:
            self._note(error)

    def _wait(self, error: Exception) -> None:
        self._note(error)
        eventlet.sleep(min(0.1 * 2**self._failures, 1.0))

    def _note(self, error: Exception) -> None:
        if self._failures == 0:
            log.warning(
                "subscription_waiting", subscription=self._subscription.name, error=str(error)[:300]
            )
        self._failures += 1

    def _recovered(self) -> None:
        if self._failures:
            log.info(
                "subscription_flowing",
                subscription=self._subscription.name,
                failures=self._failures,
            )
        self._failures = 0


def _beat(transport: amqp.Connection) -> None:
    """Let the broker know that we live, also while a batch waits for the database."""
    while True:
        eventlet.sleep(HEARTBEAT / 4)
        try:
            transport.send_heartbeat()
        except (*AMQP_ERRORS, RuntimeError, AttributeError):
            return  # Whoever consumes finds out; a closed connection has no transport.
