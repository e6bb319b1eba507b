"""Events that no queue took, for whoever wonders why nobody heard of them.

They are in the feed all the same, where a later subscriber reads them.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Exists, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant
from infra.outbox import Entry


class Returned(Base):
    """The events of one name that came back since a queue last took one.

    `count` of them, between the two positions; the last at `returned_at`.
    """

    __tablename__ = "returned"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    first_position: Mapped[int] = mapped_column(BigInteger)
    last_position: Mapped[int] = mapped_column(BigInteger)
    returned_at: Mapped[datetime] = mapped_column(Instant)


def note(session: Session, entries: Sequence[Entry], names: Sequence[str]) -> None:
    """Of the published `entries` those came back whose names these are, one name an event."""
    counts = Counter(names)
    for name, count in counts.items():
        positions = [entry.position for entry in entries if entry.name == name]
        row = session.get(Returned, name)
        if row is None:
            row = Returned(name=name, count=0, first_position=positions[0])
            session.add(row)
        row.count += count
        row.last_position, row.returned_at = positions[-1], clock.now()


def any_row() -> Exists:
    """Whether there are such events, as a column of a question."""
    return select(Returned.name).exists()


def forget(session: Session, names: Collection[str]) -> None:
    """A queue takes events of these names."""
    if names:
        session.execute(delete(Returned).where(Returned.name.in_(names)))


def listed(session: Session) -> list[dict[str, Any]]:
    """`[{"name", "count", "first_position", "last_position", "returned_at"}]`, by name."""
    return [
        {
            "name": row.name,
            "count": row.count,
            "first_position": row.first_position,
            "last_position": row.last_position,
            "returned_at": row.returned_at,
        }
        for row in session.scalars(select(Returned).order_by(Returned.name))
    ]
