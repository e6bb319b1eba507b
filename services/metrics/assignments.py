"""Membership's assignments as metrics counts them: start and end come in any order."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, locked, take_turn
from infra.event import Event

STARTED = "membership.assignment_started.v1"
TURN = 20181231
"""Of the locks of the database, the one on who holds what: another's start may be the first."""


class CountedAssignment(Base):
    """An assignment to an office or an elected post, as far as it has been heard of."""

    __tablename__ = "counted_assignment"
    __table_args__ = (Index("ix_counted_assignment_unit_role", "unit", "role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # Of elected posts alone: what else is counted is not counted by person.
    member_id: Mapped[UUID | None] = mapped_column(index=True)
    unit: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(40))
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    def take(self, event: Event) -> None:
        """Take over what an event tells of it."""
        if event.type == STARTED:
            self.started_on = event.data["started_on"]
        else:
            self.ended_on = event.data["ended_on"]


def take_turns(session: Session) -> None:
    """Wait until no other transaction keeps assignments, and let none until the commit."""
    take_turn(session, TURN)


def keep(
    session: Session, events: Sequence[Event], person: Mapping[UUID, UUID] | None = None
) -> None:
    """Keep the starts and ends that the events tell of; `person` says who the members are."""
    told = {event.data["assignment_id"]: event.data for event in events}
    rows = [_blank(data, (person or {}).get(data["member_id"])) for data in told.values()]
    insert_new(session, CountedAssignment, rows)
    query = select(CountedAssignment).where(CountedAssignment.id.in_(told))
    found = session.scalars(locked(session, query.order_by(CountedAssignment.id)))
    kept = {assignment.id: assignment for assignment in found}
    for event in events:
        kept[event.data["assignment_id"]].take(event)
    session.flush()


def _blank(data: Mapping[str, Any], member_id: UUID | None) -> dict[str, Any]:
    return {
        "id": data["assignment_id"],
        "member_id": member_id,
        "unit": data["unit"],
        "role": data["role"],
        "started_on": None,
        "ended_on": None,
    }
