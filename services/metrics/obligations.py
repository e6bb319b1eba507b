"""Training's obligations as metrics counts them: the highest version of each decides."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, locked
from infra.event import Event
from services.metrics.counters import Increment

NOT_COUNTED = "training.obligation_cancelled.v1"


class CountedObligation(Base):
    """An obligation as it was last counted."""

    __tablename__ = "counted_obligation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    due_on: Mapped[date | None]
    counted: Mapped[bool]
    on_time: Mapped[bool]

    def increments(self, sign: int) -> Iterator[Increment]:
        """What it adds (sign 1) or, taken back, subtracts (−1), on the day it is due."""
        if self.counted and self.due_on is not None:
            yield Increment(self.unit, f"{self.kind}.due", self.due_on, sign)
            if self.on_time:
                yield Increment(self.unit, f"{self.kind}.on_time", self.due_on, sign)

    def become(self, event: Event) -> None:
        """Take over the state that a newer event tells of."""
        self.version = event.data["version"]
        self.unit = event.data["unit"]
        self.kind = event.data["kind"]
        self.due_on = event.data["due_on"]
        self.counted = event.type != NOT_COUNTED
        self.on_time = bool(event.data["on_time"])


def take(session: Session, events: Sequence[Event]) -> list[Increment]:
    """Take the obligations' events over, in any order; answer what changes in the counters."""
    newest: dict[UUID, Event] = {}
    for event in events:
        known = newest.get(event.data["obligation_id"])
        if known is None or known.data["version"] < event.data["version"]:
            newest[event.data["obligation_id"]] = event
    changes: list[Increment] = []
    for obligation in _locked(session, newest):
        event = newest[obligation.id]
        if event.data["version"] > obligation.version:
            changes.extend(obligation.increments(-1))
            obligation.become(event)
            changes.extend(obligation.increments(1))
    session.flush()
    return changes


def _locked(session: Session, newest: dict[UUID, Event]) -> Sequence[CountedObligation]:
    """The rows of all these obligations, blank ones made for the new, locked in order of id."""
    ids = sorted(newest)
    insert_new(session, CountedObligation, [_blank(newest[key], key) for key in ids])
    query = select(CountedObligation).where(CountedObligation.id.in_(ids))
    return session.scalars(locked(session, query.order_by(CountedObligation.id))).all()


def _blank(event: Event, key: UUID) -> dict[str, Any]:
    return {
        "id": key,
        "version": 0,
        "unit": event.data["unit"],
        "kind": event.data["kind"],
        "due_on": None,
        "counted": False,
        "on_time": False,
    }
