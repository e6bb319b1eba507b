"""Events that a handler could not take: tried again with growing delay, then set aside.

They live in the subscriber's own database, so they survive the broker and the service, and the
effect of a retry, its handled mark and the end of the letter are one commit. Asked for, a retry
is one more try, now: it may be asked for again at any time, and again has no second effect.
"""

import re
import traceback as python_traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, LargeBinary, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from infra import clock
from infra.database import Base, Instant, insert_new, locked
from infra.errors import NotFound, Unreadable
from infra.fields import UNKEEPABLE
from infra.paging import Page, page

DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600))
"""How long to wait before each further try; after the last one the letter is set aside."""

TYPE = re.compile(r"^[a-z0-9_]+\.[a-z0-9_]+\.v[0-9]+\Z")
LONGEST_TYPE = 120

_NAMESPACE = UUID("6f1f0f5e-8f0b-4c3e-9d7e-3a51d3a0c0de")


class DeadLetter(Base):
    """One message that failed, with its original bytes and why.

    `type` is None where the bytes do not say it. `attempts` is how often it was offered to its
    handlers, counted here: what the broker delivered again without a try is not in it.
    `retry_at` is when it is tried next; None once it is set aside for good.
    """

    __tablename__ = "dead_letter"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription: Mapped[str] = mapped_column(String(80))
    type: Mapped[str | None] = mapped_column(String(LONGEST_TYPE))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    error: Mapped[str] = mapped_column(Text)
    traceback: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    first_failed_at: Mapped[datetime] = mapped_column(Instant)
    failed_at: Mapped[datetime] = mapped_column(Instant)
    retry_at: Mapped[datetime | None] = mapped_column(Instant, index=True)

    @property
    def set_aside(self) -> bool:
        """Whether it waits for somebody to decide."""
        return self.retry_at is None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters of a subscription are meant: these, or those of a type, or else all."""

    ids: Sequence[UUID] | None = None
    type: str | None = None


def keep(
    session: Session, subscription: str, body: bytes, error: Exception, event_type: str | None
) -> None:
    """Keep a message that failed once. One that can't be read is set aside at once.

    `event_type` is None for a message that does not say it. The same bytes are kept once.
    """
    now = clock.now()
    row = {
        "id": uuid5(_NAMESPACE, subscription + body.hex()),
        "subscription": subscription,
        "type": event_type,
        "body": body,
        "attempts": 1,
        "first_failed_at": now,
        "failed_at": now,
        "retry_at": None if isinstance(error, Unreadable) else now + DELAYS[0],
        **_why(error),
    }
    insert_new(session, DeadLetter, [row])


def due(session: Session, subscription: str, limit: int = 100) -> list[UUID]:
    """The letters whose next try is due, the oldest first."""
    query = (
        select(DeadLetter.id)
        .where(DeadLetter.subscription == subscription, DeadLetter.retry_at <= clock.now())
        .order_by(DeadLetter.retry_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def take(session: Session, letter_id: UUID) -> DeadLetter | None:
    """A letter, locked until the commit, if it is still there and its next try still due."""
    query = select(DeadLetter).where(DeadLetter.id == letter_id, DeadLetter.retry_at <= clock.now())
    return session.scalars(locked(session, query)).one_or_none()


def failed_again(letter: DeadLetter, error: Exception) -> None:
    """Count another failure: a longer delay, or set aside after the last, or if unreadable."""
    now = clock.now()
    may_mend = letter.attempts < len(DELAYS) and not isinstance(error, Unreadable)
    letter.retry_at = now + DELAYS[letter.attempts] if may_mend else None
    letter.attempts += 1
    letter.failed_at = now
    why = _why(error)
    letter.error, letter.traceback = why["error"], why["traceback"]


def make_due(session: Session, subscription: str, selection: Selection) -> list[UUID]:
    """Let the selected letters be tried now, set aside or not; answer which they are."""
    statement = (
        update(DeadLetter)
        .where(*_selected(subscription, selection))
        .values(retry_at=clock.now())
        .returning(DeadLetter.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(statement))


def discard(session: Session, subscription: str, selection: Selection) -> int:
    """Delete the selected letters, set aside or not, for good; answer how many there were."""
    statement = (
        delete(DeadLetter)
        .where(*_selected(subscription, selection))
        .returning(DeadLetter.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())


def get(session: Session, subscription: str, letter_id: UUID) -> DeadLetter:
    """One letter with its bytes; NotFound if it was handled or discarded, or never was."""
    letter = session.get(DeadLetter, letter_id)
    if letter is None or letter.subscription != subscription:
        raise NotFound("There is no such dead letter.")
    return letter


def listed(session: Session, subscription: str, query: dict[str, Any]) -> Page[DeadLetter]:
    """The letters without bytes and traceback, the newest first, by type and by `set_aside`."""
    found = select(DeadLetter).options(
        defer(DeadLetter.body, raiseload=True), defer(DeadLetter.traceback, raiseload=True)
    )
    found = found.where(*_selected(subscription, Selection(type=query["type"])))
    if query["set_aside"] is not None:
        found = found.where(DeadLetter.retry_at.is_(None) == query["set_aside"])
    return page(session, found, (DeadLetter.first_failed_at, DeadLetter.id), query)


def count(session: Session, subscription: str) -> tuple[int, int]:
    """How many letters there are, and how many of them are set aside."""
    aside = func.count().filter(DeadLetter.retry_at.is_(None))
    query = select(func.count(), aside).where(DeadLetter.subscription == subscription)
    kept, set_aside = session.execute(query).one()
    return kept, set_aside


def legible(event_type: str | None) -> str | None:
    """The type, if it has the form of one: it may be anybody's text."""
    if event_type is None or len(event_type) > LONGEST_TYPE:
        return None
    return event_type if TYPE.match(event_type) else None


def _selected(subscription: str, selection: Selection) -> list[ColumnElement[bool]]:
    wanted = [DeadLetter.subscription == subscription]
    if selection.ids is not None:
        wanted.append(DeadLetter.id.in_(selection.ids))
    if selection.type is not None:
        wanted.append(DeadLetter.type == selection.type)
    return wanted


def _why(error: Exception) -> dict[str, str]:
    lines = python_traceback.format_exception(error)
    return {
        "error": _keepable(f"{type(error).__name__}: {error}")[:2000],
        "traceback": _keepable("".join(lines))[-8000:],
    }


def _keepable(text: str) -> str:
    # An error quotes what it met, a NUL too; not to be able to keep it would stop everything.
    return UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", text)
