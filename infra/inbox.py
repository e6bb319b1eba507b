"""Handled marks: which events a subscription has already had its effect from.

Positions are dense, so a mark is one bit: a row holds 1,024 of them, and sixteen million events
take 16,000 rows. Marks are never deleted: a replay of any age is recognised.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, LargeBinary, String, select, text, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, locked, replace_all
from infra.event import Event

BLOCK = 1024
_BLANK = bytes(BLOCK // 8)

Feed = tuple[str, str]
"""A source and the epoch of its feed."""

Key = tuple[str, str, int]


class Handled(Base):
    """The marks of 1,024 consecutive positions of one source, in one epoch of its feed."""

    __tablename__ = "handled"

    subscription: Mapped[str] = mapped_column(String(80), primary_key=True)
    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(36), primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    bits: Mapped[bytes] = mapped_column(LargeBinary)


def mark(session: Session, subscription: str, events: Iterable[Event]) -> list[Event]:
    """Mark `events` handled; answer those that were not, each once, in the order given.

    The marks are locked until the commit: two replicas with the same event cannot both be told
    that it is new.
    """
    places = [(event, *divmod(event.position - 1, BLOCK)) for event in events]
    bits = _bits(session, subscription, {(e.source, e.epoch, block) for e, block, _ in places})
    fresh: list[Event] = []
    touched: set[Key] = set()
    for event, block, place in places:
        key = (event.source, event.epoch, block)
        byte, mask = divmod(place, 8)
        if bits[key][byte] & (1 << mask):
            continue
        bits[key][byte] |= 1 << mask
        touched.add(key)
        fresh.append(event)
    replace_all(session, Handled, [_row(subscription, k, bits[k]) for k in touched], "bits")
    return fresh


def marked(session: Session, subscription: str, events: Iterable[Event]) -> list[Event]:
    """Those of `events` that are marked."""
    places = [(event, *divmod(event.position - 1, BLOCK)) for event in events]
    bits = _read(session, subscription, {(e.source, e.epoch, block) for e, block, _ in places})
    return [
        event
        for event, block, place in places
        if bits.get((event.source, event.epoch, block), _BLANK)[place // 8] & (1 << place % 8)
    ]


def hold(session: Session) -> None:
    """Let nobody mark anything until the commit; whoever is at it commits first."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE handled IN EXCLUSIVE MODE"))


def reached(session: Session, subscription: str) -> dict[Feed, int]:
    """The last marked position of each feed."""
    found: dict[Feed, int] = {}
    last = _last(session, subscription, None)
    while last is not None:
        place = int.from_bytes(last.bits, "little").bit_length()
        found[last.source, last.epoch] = last.block * BLOCK + place
        last = _last(session, subscription, (last.source, last.epoch))
    return found


def adopt(session: Session, subscription: str, rows: Sequence[Handled]) -> None:
    """Mark what `rows`, of whichever subscription, mark; no mark is taken back.

    `hold` comes first.
    """
    new = {(row.source, row.epoch, row.block): row.bits for row in rows}
    known = _read(session, subscription, set(new))
    changed = []
    for key, bits in new.items():
        there = bytes(known.get(key, _BLANK))
        both = bytes(a | b for a, b in zip(there, bits, strict=True))
        if both != there:
            changed.append(_row(subscription, key, both))
    replace_all(session, Handled, changed, "bits")


def _last(session: Session, subscription: str, before: Feed | None) -> Handled | None:
    """The last row of the feed before the feed `before`: one look into the index."""
    feed = tuple_(Handled.source, Handled.epoch)
    query = (
        select(Handled)
        .where(Handled.subscription == subscription)
        .order_by(Handled.source.desc(), Handled.epoch.desc(), Handled.block.desc())
        .limit(1)
    )
    return session.scalars(query if before is None else query.where(feed < before)).one_or_none()


def _bits(session: Session, subscription: str, keys: set[Key]) -> dict[Key, bytearray]:
    found = _read(session, subscription, keys)
    missing = keys - found.keys()
    if missing:
        rows = [_row(subscription, key, _BLANK) for key in sorted(missing)]
        insert_new(session, Handled, rows, "block")
        found = _read(session, subscription, keys)
    return found


def _read(session: Session, subscription: str, keys: set[Key]) -> dict[Key, bytearray]:
    by_feed: dict[tuple[str, str], list[int]] = defaultdict(list)
    for source, epoch, block in keys:
        by_feed[source, epoch].append(block)
    found: dict[Key, bytearray] = {}
    for (source, epoch), blocks in sorted(by_feed.items()):
        query = (
            select(Handled)
            .where(
                Handled.subscription == subscription,
                Handled.source == source,
                Handled.epoch == epoch,
                Handled.block.in_(blocks),
            )
            .order_by(Handled.block)
            .execution_options(populate_existing=True)
        )
        for row in session.scalars(locked(session, query)):
            found[source, epoch, row.block] = bytearray(row.bits)
    return found


def _row(subscription: str, key: Key, bits: bytes | bytearray) -> dict[str, object]:
    source, epoch, block = key
    return {
        "subscription": subscription,
        "source": source,
        "epoch": epoch,
        "block": block,
        "bits": bytes(bits),
    }
