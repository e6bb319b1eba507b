"""Drives a subscription from its queue: batches, one commit, then one acknowledgement."""

import time
from functools import partial
from threading import Event as Signal

import amqp
import eventlet
import structlog

from infra.bus.pump import Pump
from infra.bus.rabbitmq.broker import AMQP_ERRORS, Nodes, time_limit
from infra.bus.rabbitmq.declare import declare_subscription, expect_exchange, queue_exists
from infra.bus.rabbitmq.deliveries import HEARTBEAT, Deliveries
from infra.bus.rabbitmq.topology import events_of, exchange_of, queue_of
from infra.database import AWAY
from infra.subscription import Message, Subscription

log = structlog.get_logger(__name__)

BATCH = 20_000
"""What has arrived is handled at once, up to this. A batch writes a counter once however many
events add to it, so whoever is far behind catches up at several times the pace."""

PREFETCH = 32_000
"""What is held at most, the batch in hand among it: a message takes up to two kilobytes."""

LINGER = 0.002
"""Seconds to wait for another message before a batch is handled."""

PATIENCE = 0.2
"""Seconds without a message after which something else is seen to."""

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
        self._failures = 0
        self._retried = 0.0
        self._prepared = 0
        self._fell_behind = Signal()

    def stop(self) -> None:
        """Handle and acknowledge what was delivered, then leave `run`."""
        self._stopping = True
        self._fell_behind.set()

    def run(self) -> None:
        """Consume until stopped; a broker or database that is away is waited for.

        Raises DeclaredOtherwise when the broker holds another queue than ours.
        """
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
        try:
            channel = self._prepare(transport)
            arriving = Deliveries(transport, channel, self._queue, self._subscription.read)
        except BaseException:
            transport.collect()
            raise
        try:
            self._nodes.answered()
            self._recovered()
            self._handle_all(arriving)
            with time_limit():
                transport.close()
        finally:
            arriving.drop()

    def _handle_all(self, arriving: Deliveries) -> None:
        while not arriving.over:
            if self._stopping:
                arriving.cancel()
            if arriving.wait(PATIENCE):
                eventlet.sleep(LINGER)
                self._handle(arriving.take(BATCH), arriving)
            else:
                arriving.settle()
            self._retry_now_and_then()
        arriving.settle()

    def _handle(self, messages: list[Message], arriving: Deliveries) -> None:
        if messages:
            self._process(messages, arriving)
            arriving.acknowledge()

    def _prepare(self, transport: amqp.Connection) -> amqp.Channel:
        with time_limit(self._nodes.patience):
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
        # Before there is a queue: one that waits unbound would no longer be new when it is bound.
        for source in self._subscription.sources:
            expect_exchange(transport, events_of(source))
        channel = transport.channel()
        declare_subscription(channel, self._subscription.name)
        for source in self._subscription.sources:
            for key in self._subscription.bindings(source):
                channel.queue_bind(self._queue, exchange_of(source), key)
        channel.basic_qos(0, PREFETCH, False)
        return channel

    def _process(self, messages: list[Message], arriving: Deliveries) -> None:
        # While the database is away the messages are held, not given back: each time they came
        # again would count towards the queue's delivery limit.
        while True:
            try:
                self._subscription.handle(messages)
            except AWAY as error:
                self._note(error)
                if self._stopping:
                    # What was handled before is not to be delivered again.
                    arriving.settle()
                    raise
                eventlet.sleep(0.5)
                arriving.check()
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
