"""Publishes a producer's feed: pipelined, confirmed, in order, and never twice at once."""

from collections.abc import Sequence

import amqp
import structlog
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox, returned, telemetry
from infra.bus.rabbitmq.broker import Nodes, time_limit
from infra.bus.rabbitmq.declare import declare_exchange
from infra.bus.rabbitmq.topology import Exchange, events_of
from infra.bus.rabbitmq.transport import together
from infra.database import Base, Database, locked
from infra.outbox import Entry

log = structlog.get_logger(__name__)

BATCH = 2000
"""Events that are published in one transaction, and then confirmed."""

AT_ONCE = 250
"""Events that are sent in one piece."""


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
        channel = self._open()
        # One event tells what a new connection is worth sooner than two thousand.
        most = BATCH if self._nodes.have_answered else 1
        while self._deliver_batch(channel, most) == most:
            most = BATCH

    def close(self) -> None:
        """Drop the connection."""
        if self._channel is not None:
            self._channel.drop()
            self._channel = None

    def _deliver_batch(self, channel: "ConfirmChannel", most: int) -> int:
        # The lock makes other replicas wait, so that the broker gets positions in order.
        with self._database.writing() as session:
            asked = select(Published, returned.any_row())
            mark, some_returned = session.execute(locked(session, asked)).one()
            page = outbox.read(session, mark.position, most, counting=False)
            if page.entries:
                names = self._publish(channel, page.entries)
                if some_returned:
                    returned.forget(session, {entry.name for entry in page.entries} - {*names})
                self._note_returned(session, page.entries, names)
                mark.position = page.entries[-1].position
        telemetry.PUBLISHED.labels(self._service).inc(len(page.entries))
        return len(page.entries)

    def _open(self) -> "ConfirmChannel":
        # Also with nothing to publish: a subscriber may wait for the exchange.
        if self._channel is None:
            self._channel = ConfirmChannel(self._nodes.connect(), events_of(self._service))
        return self._channel

    def _publish(self, channel: "ConfirmChannel", entries: Sequence[Entry]) -> list[str]:
        try:
            names = channel.publish(entries, self._nodes.patience)
        except BaseException:
            self.close()
            raise
        self._nodes.answered()
        return names

    def _note_returned(
        self, session: Session, entries: Sequence[Entry], names: Sequence[str]
    ) -> None:
        if names:
            # Nobody listens to these; a later subscriber reads them from the feed.
            returned.note(session, entries, names)
            telemetry.RETURNED.labels(self._service).inc(len(names))
            log.info("events_returned", service=self._service, names=sorted({*names}))


class ConfirmChannel:
    """One connection on which whole batches are published and then confirmed."""

    def __init__(self, transport: amqp.Connection, exchange: Exchange) -> None:
        self._exchange = exchange.name
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
        self._tag = self._confirmed = 0
        self._open: set[int] = set()
        self._returned: list[str] = []

    def publish(self, entries: Sequence[Entry], seconds: float) -> list[str]:
        """Publish and wait for every confirm; answer the routing keys that no queue took.

        Raises OSError when no confirm comes for so many seconds.
        """
        self._returned = []
        for start in range(0, len(entries), AT_ONCE):
            with time_limit(), together(self._transport):
                for entry in entries[start : start + AT_ONCE]:
                    self._send(entry)
        while self._open:
            self._transport.drain_events(timeout=seconds)
        return self._returned

    def drop(self) -> None:
        """Forget the connection without a good-bye, which a silent broker would not answer."""
        self._transport.collect()

    def _send(self, entry: Entry) -> None:
        self._tag += 1
        self._open.add(self._tag)
        message = amqp.Message(
            entry.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=str(entry.event_id),
        )
        self._channel.basic_publish(message, self._exchange, entry.name, mandatory=True)

    def _acknowledged(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._open.difference_update(range(self._confirmed + 1, tag + 1))
            self._confirmed = tag
        else:
            self._open.discard(tag)

    def _refused(self, tag: int, multiple: bool) -> None:
        raise OSError(f"the broker refused message {tag} (multiple: {multiple})")

    def _gave_back(self, _error: Exception, _exchange: str, key: str, _message: object) -> None:
        self._returned.append(key)
