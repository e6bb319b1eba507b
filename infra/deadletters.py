"""Events that a handler could not take: tried again with growing delay, then set aside.

They live in the subscriber's own database, so they survive the broker and the service, and the
effect of a retry, its handled mark and the end of the letter are one commit.
"""

import traceback as python_traceback
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, insert_new, locked

DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600))
"""How long to wait before each further try; after the last one the letter is set aside."""

_NAMESPACE = UUID("6f1f0f5e-8f0b-4c3e-9d7e-3a51d3a0c0de")


class DeadLetter(Base):
    """One message that failed, with its original bytes and why.

    `retry_at` is when it is tried next; None once it is set aside for good.
    """

    __tablename__ = "dead_letter"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription: Mapped[str] = mapped_column(String(80))
    type: Mapped[str | None] = mapped_column(String(120))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    error: Mapped[str] = mapped_column(Text)
    traceback: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(Instant)
    retry_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


def keep(
    session: Session, subscription: str, body: bytes, error: Exception, event_type: str | None
) -> None:
    """Keep a message that failed once. One that can't be read is set aside at once.

    `event_type` is None for a message that could not be read. The same bytes are kept once.
    """
    now = clock.now()
    row = {
        "id": uuid5(_NAMESPACE, subscription + body.hex()),
        "subscription": subscription,
        "type": event_type,
        "body": body,
        "attempts": 1,
        "failed_at": now,
        "retry_at": None if event_type is None else now + DELAYS[0],
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
    """A letter, locked until the commit, if it is still there and still to be tried."""
    query = select(DeadLetter).where(DeadLetter.id == letter_id, DeadLetter.retry_at.is_not(None))
    return session.scalars(locked(session, query)).one_or_none()


def failed_again(letter: DeadLetter, error: Exception) -> None:
    """Count another failure: a longer delay, or set aside after the last."""
    now = clock.now()
    delay = DELAYS[letter.attempts] if letter.attempts < len(DELAYS) else None
    letter.attempts += 1
    letter.failed_at = now
    letter.retry_at = now + delay if delay else None
    why = _why(error)
    letter.error, letter.traceback = why["error"], why["traceback"]


def _why(error: Exception) -> dict[str, str]:
    lines = python_traceback.format_exception(error)
    return {"error": f"{type(error).__name__}: {error}"[:2000], "traceback": "".join(lines)[-8000:]}
