"""The outbox and the feed it is moved into: no broker code here.

`append` writes facts beside the change that they tell of, in its transaction. `sequence`, the
only one that gives positions, moves them into the feed in a transaction of its own. It sees
committed rows only, so a position, once given, has no gap below it that fills later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, partitions
from infra.context import Context, working_on
from infra.database import Base, BigKey, Instant, locked
from infra.event import Event, Fact, encode, new_event_id, with_position

APPENDED = "facts_appended"


class OutboxRow(Base):
    """A fact that has no position yet."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    event_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(80))
    time: Mapped[datetime] = mapped_column(Instant)
    body: Mapped[str] = mapped_column(Text)


class FeedRow(Base):
    """A fact in its place; never changed, never deleted."""

    __tablename__ = "feed"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(80))
    time: Mapped[datetime] = mapped_column(Instant)
    body: Mapped[str] = mapped_column(Text)


class FeedHead(Base):
    """The last position given, and the life of this feed in which the next one will be.

    `room` is the last position that the feed has a partition for; None where it is one table.
    """

    __tablename__ = "feed_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(String(36))
    head: Mapped[int] = mapped_column(BigInteger)
    room: Mapped[int | None] = mapped_column(BigInteger)


class FeedEpoch(Base):
    """From which position on the feed is in a life of its own; the events before keep theirs."""

    __tablename__ = "feed_epoch"

    since: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(36))


# The tables: through the classes the same statements cost twice the time.
OUTBOX = cast("Table", OutboxRow.__table__)
FEED = cast("Table", FeedRow.__table__)
HEAD = cast("Table", FeedHead.__table__)
MOVED = ("event_id", "name", "time", "body")


class Entry(NamedTuple):
    """One event of the feed; `name` is its routing key, `body` what is published."""

    position: int
    event_id: UUID
    name: str
    body: bytes
    epoch: str


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a feed, in order of position, and the feed's head.

    `epoch` is the one that the feed is in; an event from before it has its own. `pending` events
    are committed and have no position yet; 0 if they were not counted.
    """

    entries: list[Entry]
    head: int
    epoch: str
    pending: int


def append(session: Session, *facts: Fact, cause: Event | None = None) -> None:
    """Publish `facts` when, and only when, the transaction of `session` commits.

    `cause` is the event that led to them, if it was one.
    """
    append_all(session, [(fact, cause) for fact in facts])


def append_all(session: Session, facts: Iterable[tuple[Fact, Event | None]]) -> None:
    """As `append`, each fact with its own cause, all of them in one statement."""
    instant = clock.now()
    rows = [_row_caused_by(cause, fact, instant) for fact, cause in facts]
    if not rows:
        return
    session.connection().execute(insert(OUTBOX), rows)
    session.info[APPENDED] = True


def sequence(session: Session, limit: int = 1000) -> int:
    """Give the oldest committed facts their positions; answer how many there were."""
    head, room = session.execute(locked(session, select(FeedHead.head, FeedHead.room))).one()
    ids = session.scalars(select(OUTBOX.c.id).order_by(OUTBOX.c.id).limit(limit)).all()
    if not ids:
        return 0
    last = head + len(ids)
    if room is not None:
        room = partitions.extend(session, room, last)
    # Moved inside the database; by id, since others commit between the statements.
    chosen = OUTBOX.c.id.in_(ids)
    position = (head + func.row_number().over(order_by=OUTBOX.c.id)).label("position")
    moved = select(position, *(OUTBOX.c[name] for name in MOVED)).where(chosen)
    session.execute(insert(FEED).from_select(["position", *MOVED], moved))
    session.execute(delete(OUTBOX).where(chosen))
    session.execute(update(HEAD).values(head=last, room=room))
    return len(ids)


def read(session: Session, after: int, limit: int, *, counting: bool = True) -> Page:
    """The feed from the position after `after`, at most `limit` events, in order.

    `counting` what is pending looks through the outbox, and all that was deleted from it since
    PostgreSQL last vacuumed.
    """
    waiting = select(func.count()).select_from(OutboxRow).scalar_subquery()
    pending = waiting if counting else literal(0)
    about = select(FeedEpoch.since, FeedEpoch.epoch, FeedHead.head, pending)
    every = about.join(FeedHead, true()).order_by(FeedEpoch.since.desc())
    epochs = session.execute(every).all()
    _, epoch, head, count = epochs[0]
    # Positions have no gaps: with both ends named, the partitions beyond are not even planned.
    rows = session.execute(
        select(FeedRow.position, FeedRow.event_id, FeedRow.name, FeedRow.body)
        .where(FeedRow.position > after, FeedRow.position <= min(head, after + limit))
        .order_by(FeedRow.position)
    )
    entries = []
    for position, event_id, name, body in rows:
        own = next(found.epoch for found in epochs if found.since <= position)
        whole = with_position(body, position, own)
        entries.append(Entry(position, event_id, name, whole, own))
    return Page(entries, head, epoch, count)


def row_of(fact: Fact, instant: datetime) -> dict[str, object]:
    """The outbox's row of a fact that is told at that instant."""
    event_id = new_event_id()
    if fact.event_anonymous:
        event_id, instant = uuid4(), clock.start_of(clock.day_of(instant))
    return {
        "event_id": event_id,
        "name": fact.routing_key(),
        "time": instant,
        "body": encode(fact, event_id, instant),
    }


def _row_caused_by(cause: Event | None, fact: Fact, instant: datetime) -> dict[str, object]:
    if cause is None:
        return row_of(fact, instant)
    correlation = cause.correlation_id or str(cause.id)
    with working_on(Context(correlation, str(cause.id), cause.traceparent)):
        return row_of(fact, instant)
