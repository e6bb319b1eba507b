"""Publishes a producer's feed: pipelined, confirmed, in order, and never twice at once."""

from collections.abc import Sequence

import amqp
import structlog
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, mapped_column

from infra import outbox, telemetry
from infra.bus.rabbitmq.broker import (
    TIME_LIMIT,
    Nodes,
    declare_exchange,
    exchange_of,
    time_limit,
)
from infra.database import Base, Database, locked
from infra.outbox import Entry

log = structlog.get_logger(__name__)

BATCH = 500


class Published(Base):
    """How far a producer's feed has been confirmed by the broker."""

    __tablename__ = "published"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


class Publisher:
    """Publishes a producer's feed, in order, from the last position that was confirmed."""

    def __init__(self, uri: str, service: str, database: Database) -> None:
        self._nodes = Nodes(uri)
        self._service = service
        self._database = database
        self._channel: ConfirmChannel | None = None

    def deliver(self) -> None:
        """Publish all that has a position; raises when the broker does not take it in time."""
        while self._deliver_batch() == BATCH:
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
            if self._channel is None:
                self._channel = ConfirmChannel(self._nodes.connect(), exchange_of(self._service))
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

    def __init__(self, transport: amqp.Connection, exchange: str) -> None:
        self._exchange = exchange
        self._transport = transport
        try:
            with time_limit():
                self._channel = transport.channel()
                declare_exchange(self._channel, exchange)
                self._channel.confirm_select()
        except BaseException:
            self.drop()
            raise
        self._channel.events["basic_ack"].add(self._acknowledged)
        self._channel.events["basic_nack"].add(self._refused)
        self._channel.events["basic_return"].add(self._gave_back)
        self._tag = 0
        self._open: set[int] = set()
        self._returned: list[str] = []

    def publish(self, entries: Sequence[Entry]) -> list[str]:
        """Publish and wait for every confirm; answer the routing keys that no queue took."""
        self._returned = []
        with time_limit():
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
