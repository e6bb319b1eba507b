"""The bus of the real mode: a topic exchange a producer, a quorum queue a subscription.

Publisher and consumer each own a connection with time limits of their own. Confirms are awaited
a batch at a time, and a batch of messages is acknowledged at once, after its commit.
"""

import time
from collections.abc import Sequence
from typing import Any

import amqp
import eventlet
import structlog
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, mapped_column

from infra import outbox, telemetry
from infra.bus.pump import Pump
from infra.database import AWAY, Base, Database, locked
from infra.outbox import Entry
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

BATCH = 500
PREFETCH = 2000
LINGER = 0.002
"""Seconds to wait for another message before a batch is handled."""

QUEUE_ARGUMENTS = {"x-queue-type": "quorum", "x-delivery-limit": 200}
AMQP_ERRORS = (OSError, amqp.AMQPError, OperationalError)
TIME_LIMIT = 3.0
"""Seconds in which the broker must have confirmed a batch; a silent one is dropped."""


def queue_of(subscription: str) -> str:
    """The queue of a service's subscription."""
    return f"{subscription}.subscription"


def exchange_of(service: str) -> str:
    """The exchange that a service, and nobody else, publishes to."""
    return f"{service}.events"


class Published(Base):
    """How far a producer's feed has been confirmed by the broker."""

    __tablename__ = "published"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


class Publisher:
    """Publishes a producer's feed, in order, from the last position that was confirmed."""

    def __init__(self, uri: str, service: str, database: Database) -> None:
        self._uri = uri
        self._service = service
        self._database = database
        self._channel: ConfirmChannel | None = None

    def deliver(self) -> None:
        """Publish all that has a position; raises when the broker does not take it in time."""
        while self._deliver_batch():
            pass

    def close(self) -> None:
        """Drop the connection."""
        if self._channel is not None:
            self._channel.drop()
            self._channel = None

    def _deliver_batch(self) -> int:
        # The lock makes other replicas wait, so that the broker gets positions in order.
        with self._database.writing() as session:
            mark = session.scalars(locked(session, select(Published))).one()
            page = outbox.read(session, mark.position, BATCH)
            if page.entries:
                self._publish(page.entries)
                mark.position = page.entries[-1].position
        telemetry.PUBLISHED.labels(self._service).inc(len(page.entries))
        return len(page.entries)

    def _publish(self, entries: Sequence[Entry]) -> None:
        try:
            with eventlet.Timeout(TIME_LIMIT, OSError("the broker does not answer")):
                if self._channel is None:
                    self._channel = ConfirmChannel(self._uri, exchange_of(self._service))
                returned = self._channel.publish(entries)
        except BaseException:
            self.close()
            raise
        if returned:
            # Nobody listens to these; a later subscriber reads them from the feed.
            telemetry.RETURNED.labels(self._service).inc(len(returned))
            log.info("events_returned", service=self._service, names=sorted(set(returned)))


class ConfirmChannel:
    """One connection on which whole batches are published and then confirmed."""

    def __init__(self, uri: str, exchange: str) -> None:
        self._exchange = exchange
        self._transport = connect(uri)
        self._channel = self._transport.channel()
        declare_exchange(self._channel, exchange)
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._acknowledged)
        self._channel.events["basic_nack"].add(self._refused)
        self._channel.events["basic_return"].add(self._gave_back)
        self._tag = 0
        self._open: set[int] = set()
        self._returned: list[str] = []

    def publish(self, entries: Sequence[Entry]) -> list[str]:
        """Publish and wait for every confirm; answer the routing keys that no queue took."""
        self._returned = []
        for entry in entries:
            self._tag += 1
            self._open.add(self._tag)
            self._channel.basic_publish(
                self._message(entry), self._exchange, entry.name, mandatory=True
            )
        while self._open:
            self._transport.drain_events(timeout=TIME_LIMIT)
        return self._returned

    def drop(self) -> None:
        """Forget the connection without a good-bye, which a silent broker would not answer."""
        self._transport.collect()

    def _message(self, entry: Entry) -> amqp.Message:
        return amqp.Message(
            entry.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=str(entry.event_id),
        )

    def _acknowledged(self, tag: int, multiple: bool) -> None:
        done = {open_tag for open_tag in self._open if open_tag <= tag} if multiple else {tag}
        self._open -= done

    def _refused(self, tag: int, multiple: bool) -> None:
        raise OSError(f"the broker refused message {tag} (multiple: {multiple})")

    def _gave_back(self, _error: Exception, _exchange: str, key: str, _message: object) -> None:
        self._returned.append(key)


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

    def stop(self) -> None:
        """Handle and acknowledge what was delivered, then leave `run`."""
        self._stopping = True

    def run(self) -> None:
        """Consume until stopped; a broker or database that is away is waited for."""
        while not self._stopping:
            try:
                self._consume()
            except (*AMQP_ERRORS, *AWAY) as error:
                self._wait(error)

    def catch_up(self) -> None:
        """Read the feeds that have yet to be read, until stopped or done."""
        waiting = False
        while not self._stopping:
            try:
                for source in self._pump.behind():
                    self._pump.run(source, lambda: not self._stopping)
                waiting = False
            except (OSError, *AWAY) as error:
                if not waiting:
                    log.info("feed_waiting", subscription=self._subscription.name, error=str(error))
                waiting = True
            eventlet.sleep(1.0)

    def _consume(self) -> None:
        transport = connect(self._uri)
        self._bodies, self._last_tag = [], 0
        try:
            channel = self._prepare(transport)
            tag = channel.basic_consume(self._queue, callback=self._delivered)
            self._recovered()
            while not self._stopping:
                self._gather(transport, 0.2)
                self._handle(channel)
                self._retry_now_and_then()
            # What the broker sends before it confirms the cancel is still delivered here.
            channel.basic_cancel(tag)
            self._handle(channel)
            transport.close()
        finally:
            transport.collect()

    def _prepare(self, transport: amqp.Connection) -> amqp.Channel:
        if not queue_exists(transport, self._queue):
            self._pump.fall_behind()
        channel = transport.channel()
        channel.queue_declare(
            self._queue, durable=True, auto_delete=False, arguments=QUEUE_ARGUMENTS
        )
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
        """Wait for a message, then take those that follow at once, up to a batch."""
        try:
            transport.drain_events(timeout=patience)
            while len(self._bodies) < BATCH * 2:
                transport.drain_events(timeout=LINGER)
        except TimeoutError:
            pass

    def _handle(self, channel: amqp.Channel) -> None:
        if self._bodies:
            self._subscription.process(self._bodies)
            channel.basic_ack(self._last_tag, multiple=True)
            self._bodies = []

    def _retry_now_and_then(self) -> None:
        if time.monotonic() - self._retried > 1.0:
            self._subscription.retry()
            self._retried = time.monotonic()

    def _wait(self, error: Exception) -> None:
        if self._failures == 0:
            log.warning(
                "subscription_waiting", subscription=self._subscription.name, error=str(error)[:300]
            )
        self._failures += 1
        eventlet.sleep(min(0.1 * 2**self._failures, 1.0))

    def _recovered(self) -> None:
        if self._failures:
            log.info(
                "subscription_flowing",
                subscription=self._subscription.name,
                failures=self._failures,
            )
        self._failures = 0


def connect(uri: str) -> amqp.Connection:
    """A connection to the broker, or an error, within the time limit."""
    with eventlet.Timeout(TIME_LIMIT, OSError("the broker does not answer")):
        broker: Any = Connection
        return broker(uri, connect_timeout=TIME_LIMIT, heartbeat=0).connection


def declare_exchange(channel: amqp.Channel, name: str) -> None:
    """Declare a producer's exchange exactly as a plain nameko subscriber does."""
    channel.exchange_declare(name, "topic", durable=True, auto_delete=False)


def queue_exists(transport: amqp.Connection, name: str) -> bool:
    """Whether the broker has the queue."""
    channel = transport.channel()
    try:
        channel.queue_declare(name, passive=True)
    except amqp.NotFound:
        return False
    channel.close()
    return True
