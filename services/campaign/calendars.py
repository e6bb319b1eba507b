"""What is in the calendar of a unit; reads only.

The windows of the published wheels that hold for it, as it has them, and the activities open to
all of the unit and of those above it: whatever one of its members may go to. Nothing of a person.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.calendar_text import Occasion, local
from infra.units import Tree
from services.campaign import wheel_adaptations
from services.campaign.activities import Activity
from services.campaign.wheel_adaptations import WheelAdaptation, adapted
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel

BACK = timedelta(days=365)
"""How long what is over stays."""

MOST = 500
"""Windows, and activities, of a calendar; the last of more."""


def occasions(session: Session, tree: Tree, unit: str) -> tuple[Occasion, ...]:
    """What is in the calendar of the unit: windows, then activities."""
    since = clock.today() - BACK
    windows = (each for each in _windows(session, tree, unit, since) if each.ends > since)
    return (*windows, *_activities(session, tree, unit, since))


def _windows(session: Session, tree: Tree, unit: str, since: date) -> Iterator[Occasion]:
    query = (
        select(WheelEntry)
        .join(Wheel, Wheel.id == WheelEntry.wheel_id)
        .where(Wheel.unit.in_(tree.path(unit)), Wheel.published_at.is_not(None))
        .where(Wheel.ends_on >= since)
        .order_by(WheelEntry.from_on.desc(), WheelEntry.id.desc())
    )
    entries = [entry for entry in session.scalars(query) if entry.holds_for(tree, unit)][:MOST]
    made = wheel_adaptations.for_unit(session, tree, entries, unit)
    for entry in reversed(entries):
        yield _window(entry, made[entry.id], unit)


def _window(entry: WheelEntry, made: list[WheelAdaptation], unit: str) -> Occasion:
    own = adapted(entry, made)
    return Occasion(
        # Each unit has its own copy, under one id for as long as the entry lives.
        uid=f"{entry.id}-{unit}@wheel.samtal",
        title=own["title"],
        starts=own["from_on"],
        # The day after the last, as iCalendar counts.
        ends=own["to_on"] + timedelta(days=1),
        # Every change of any of them raises it.
        sequence=sum(each.version for each in made) + (entry.withdrawn_at is not None),
        cancelled=own["dropped"] or entry.withdrawn_at is not None,
        about=entry.phase,
    )


def _activities(session: Session, tree: Tree, unit: str, since: date) -> Iterator[Occasion]:
    first = datetime.combine(since, time(), clock.STOCKHOLM).astimezone(UTC)
    query = (
        select(Activity)
        .where(Activity.unit.in_(tree.path(unit)), Activity.open, Activity.starts_at >= first)
        .order_by(Activity.starts_at.desc(), Activity.id.desc())
        .limit(MOST)
    )
    for activity in reversed(session.scalars(query).all()):
        node = tree.get(activity.unit)
        yield Occasion(
            uid=f"{activity.id}@activity.samtal",
            title=activity.title,
            starts=local(activity.starts_at),
            ends=local(activity.ends_at),
            sequence=activity.version,
            cancelled=activity.status == "cancelled",
            about=node.name if node else None,
        )
