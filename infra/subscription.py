"""A service's one subscription: batches, each handled once in effect.

A batch is one transaction: its handled marks and what its handlers write. When it fails it is
split until the one bad event stands alone; that one is kept with its error and tried again
later, and what it blocked goes on. When the database is away nothing is kept or lost: the error
goes to the pump, which offers the same messages again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from infra import deadletters, inbox, telemetry
from infra.database import AWAY, Database
from infra.deadletters import DeadLetter
from infra.errors import Unreadable
from infra.event import Event, decode, routing_key
from infra.validation import Fields

log = structlog.get_logger(__name__)

Handle = Callable[[Session, list[Event]], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """What a service does with one type of event."""

    type: str
    fields: Fields
    handle: Handle

    @property
    def source(self) -> str:
        """The service that publishes it."""
        return self.type.split(".")[0]

    @property
    def routing_key(self) -> str:
        """As `infra.event.routing_key`."""
        return routing_key(self.type)


@dataclass(frozen=True, slots=True)
class Illegible:
    """A message that is no event of ours, and why."""

    body: bytes
    error: Unreadable


Message = Event | Illegible


@dataclass
class Subscription:
    """The handlers of one service and the messages that are offered to them."""

    name: str
    database: Database
    handlers: dict[str, Handler] = field(default_factory=dict)

    def add(self, handler: Handler) -> None:
        """Handle events of one more type."""
        self.handlers[handler.type] = handler

    @property
    def sources(self) -> list[str]:
        """The services that are listened to."""
        return sorted({handler.source for handler in self.handlers.values()})

    def bindings(self, source: str) -> list[str]:
        """The routing keys that are wanted of one service."""
        return sorted(h.routing_key for h in self.handlers.values() if h.source == source)

    def wanted(self, source: str) -> set[str]:
        """The routing keys that are wanted of one service, for looking up."""
        return set(self.bindings(source))

    def process(self, bodies: Sequence[bytes]) -> None:
        """Handle the messages or keep the failed; when this returns, all may be acknowledged.

        Raises an error of `database.AWAY` when nothing could be written.
        """
        self.handle([self.read(body) for body in bodies])

    def read(self, body: bytes) -> Message:
        """What a message says; it may be read long before it is handled."""
        try:
            return self._read(body)
        except Unreadable as error:
            return Illegible(body, error)

    def handle(self, messages: Sequence[Message]) -> None:
        """As `process`, of what was read."""
        events = []
        for message in messages:
            if isinstance(message, Illegible):
                self._keep(message.body, message.error, message.error.event_type)
            else:
                events.append(message)
        if events:
            self._handle_or_split(events)

    def retry(self, letters: Sequence[UUID] | None = None) -> int:
        """Try the kept events that are due again, or `letters` alone; how many were looked at."""
        if letters is None:
            with self.database.reading() as session:
                letters = deadletters.due(session, self.name)
        for letter_id in letters:
            self._retry_one(letter_id)
        return len(letters)

    def _read(self, body: bytes) -> Event:
        return decode(body, self._load)

    def _load(self, event_type: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        handler = self.handlers.get(event_type)
        if handler is None:
            reason = f"{self.name} does not subscribe to this type or version"
            raise Unreadable(reason, event_type)
        try:
            found: Mapping[str, Any] = handler.fields.load(data)
        except ValidationError as error:
            raise Unreadable(f"the data is wrong: {error}", event_type) from error
        return found

    def _handle_or_split(self, events: list[Event]) -> None:
        try:
            with self.database.writing() as session:
                self._handle(session, events)
        except AWAY:
            raise
        except Exception as error:
            if len(events) == 1:
                self._keep(events[0].body, error, events[0].type)
                return
            half = len(events) // 2
            self._handle_or_split(events[:half])
            self._handle_or_split(events[half:])

    def _handle(self, session: Session, events: list[Event]) -> None:
        fresh = inbox.mark(session, self.name, events)
        by_type: dict[str, list[Event]] = {}
        for event in fresh:
            by_type.setdefault(event.type, []).append(event)
        groups: dict[Handle, list[Event]] = {}
        for event_type, found in by_type.items():
            groups.setdefault(self.handlers[event_type].handle, []).extend(found)
        for handle, group in groups.items():
            handle(session, group)
        telemetry.HANDLED.labels(self.name, "fresh").inc(len(fresh))
        telemetry.HANDLED.labels(self.name, "duplicate").inc(len(events) - len(fresh))

    def _keep(self, body: bytes, error: Exception, said_type: str | None) -> None:
        event_type = deadletters.legible(said_type)
        with self.database.writing() as session:
            deadletters.keep(session, self.name, body, error, event_type)
        telemetry.KEPT.labels(self.name).inc()
        log.warning("event_kept", subscription=self.name, type=event_type, error=str(error)[:500])

    def _retry_one(self, letter_id: UUID) -> None:
        with self.database.writing() as session:
            letter = deadletters.take(session, letter_id)
            if letter is None:
                return
            error = self._try(session, letter)
            if error is not None:
                deadletters.failed_again(letter, error)
        if error is None:
            log.info("event_recovered", subscription=self.name, type=letter.type)
            return
        log.warning(
            "event_failed_again",
            subscription=self.name,
            type=letter.type,
            attempts=letter.attempts,
            set_aside=letter.set_aside,
        )

    def _try(self, session: Session, letter: DeadLetter) -> Exception | None:
        # In a savepoint: the letter stays locked while its failure is noted, so that no other
        # replica makes the same try of it.
        try:
            with session.begin_nested():
                self._handle(session, [self._read(letter.body)])
                session.delete(letter)
        except AWAY:
            raise
        except Exception as error:
            return error
        return None
