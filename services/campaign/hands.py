"""In whose hands an area was, at an instant or on a day: what visits and tallies are judged by."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from services.campaign.area_assignments import AreaAssignment

INSTANT = timedelta(microseconds=1)


def of_areas(session: Session, area_ids: Collection[UUID]) -> dict[UUID, list[AreaAssignment]]:
    """All assignments that the areas have had, by area, the first one first."""
    found: defaultdict[UUID, list[AreaAssignment]] = defaultdict(list)
    query = select(AreaAssignment).where(AreaAssignment.area_id.in_(area_ids))
    for assignment in session.scalars(query.order_by(AreaAssignment.assigned_at)):
        found[assignment.area_id].append(assignment)
    return found


def at(assignments: Iterable[AreaAssignment], instant: datetime) -> AreaAssignment | None:
    """The one that held its area at `instant`, ended since or not."""
    held = [one for one in assignments if one.assigned_at <= instant < _end(one)]
    # Two, where the clocks of two replicas differ: the later one is meant.
    return held[-1] if held else None


def on(assignments: Iterable[AreaAssignment], day: date) -> AreaAssignment | None:
    """The last one that held its area on the Stockholm `day`, or a part of it."""
    held = [
        one
        for one in assignments
        if clock.day_of(one.assigned_at) <= day <= clock.day_of(_end(one) - INSTANT)
    ]
    return held[-1] if held else None


def report(assignment: AreaAssignment, day: date, key: UUID, count: int) -> dict[str, Any]:
    """What its assignee reports of `count` conversations at the doors, with the id `key`."""
    return {
        "id": key,
        "unit": assignment.unit,
        "arena": "door",
        "held_on": day,
        "count": count,
        "campaign_id": None,
        "topics": [],
        "logged_by": assignment.assignee,
        "workplace": None,
    }


def _end(assignment: AreaAssignment) -> datetime:
    return assignment.ended_at or assignment.until
