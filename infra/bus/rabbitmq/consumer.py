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
    connect,
    declare_exchange,
    declare_queue,
    exchange_of,
    queue_exists,
    queue_of,
)
from infra.database import AWAY
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

BATCH = 1000
PREFETCH = 2000
LINGER = 0.002
"""Seconds to wait for another message before a batch is handled."""

HEARTBEAT = 10


class Consumer:
    """Drives one subscription from its queue, until stopped."""

    def __init__(self, uri: str, subscription: Subscription, pump: Pump) -> None:
        self._uri = uri
        self._subscription = subscription
        self._pump = pump
        self._queue = queue_of(subscription.name)
        self._stopping = False
        self._bodies: list[bytes] = []
        self._last_tag = 0
        self._failures = 0
        self._retried = 0.0
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
        transport = connect(self._uri, heartbeat=HEARTBEAT)
        self._bodies, self._last_tag = [], 0
        try:
            channel = self._prepare(transport)
            tag = channel.basic_consume(self._queue, callback=self._delivered)
            self._recovered()
            while not self._stopping:
                self._gather(transport, 0.2)
                self._handle(transport, channel)
                self._retry_now_and_then()
                transport.heartbeat_tick()
            # What the broker sends before it confirms the cancel is still delivered here.
            channel.basic_cancel(tag)
            self._handle(transport, channel)
            transport.close()
        finally:
            transport.collect()

    def _prepare(self, transport: amqp.Connection) -> amqp.Channel:
        is_new = not queue_exists(transport, self._queue)
        if is_new:
            # Noted before there is a queue: a crash after it would leave nothing to tell by.
            self._pump.fall_behind()
        channel = transport.channel()
        declare_queue(channel, self._queue)
        for source in self._subscription.sources:
            declare_exchange(channel, exchange_of(source))
            for key in self._subscription.bindings(source):
                channel.queue_bind(self._queue, exchange_of(source), key)
        # Only what is read from now on is certain to reach either the queue or the reader.
        self._prepared += 1
        if is_new:
            self._pump.fall_behind()
        self._fell_behind.set()
        channel.basic_qos(0, PREFETCH, False)
        return channel

    def _delivered(self, message: amqp.Message) -> None:
        body = message.body
        self._bodies.append(body.encode() if isinstance(body, str) else bytes(body))
        self._last_tag = message.delivery_tag

    def _gather(self, transport: amqp.Connection, patience: float) -> None:
        """Wait for a message, then take those that follow at once, up to a batch."""
        try:
            transport.drain_events(timeout=patience)
            while len(self._bodies) < BATCH:
                transport.drain_events(timeout=LINGER)
        except TimeoutError:
            pass

    def _handle(self, transport: amqp.Connection, channel: amqp.Channel) -> None:
        if self._bodies:
            self._process(transport)
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
                self._gather(transport, 0.5)
                transport.heartbeat_tick()
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
