"""What time does to areas: reminders before an assignment ends, and the return after it.

An area is free at the very instant; this is what says so, in turns of `limit` rows. Of several
replicas at work, none waits for another, and each assignment is taken by one.
"""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra import outbox
from services.campaign import area_assignments
from services.campaign.area_assignments import AreaAssignment
from services.campaign.events.areas import AreaExpiring


def expire(session: Session, now: datetime, limit: int) -> int:
    """End assignments whose time is over; answers how many there were."""
    found = session.scalars(_due(AreaAssignment.until, now, limit)).all()
    area_assignments.end(session, found, "expired")
    return len(found)


def remind(session: Session, now: datetime, limit: int) -> int:
    """Tell of assignments that soon end, each once; answers how many were looked at.

    Of what has ended in the meantime it is too late to remind.
    """
    found = session.scalars(_due(AreaAssignment.remind_at, now, limit)).all()
    for each in found:
        each.remind_at = None
    soon = [each for each in found if each.holds(now)]
    outbox.append(session, *(AreaExpiring(**each.facts(), until=each.until) for each in soon))
    return len(found)


def _due(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    now: datetime,
    limit: int,
) -> Select[AreaAssignment]:
    found = select(AreaAssignment).where(AreaAssignment.ended_at.is_(None), column <= now)
    return found.order_by(column).limit(limit).with_for_update(skip_locked=True)
