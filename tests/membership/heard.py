"""What training says to membership, as its subscription hands it over."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from infra.database import Database
from infra.event import Event
from services.membership import journeys

OPENED = "training.obligation_opened.v1"
MET = "training.obligation_met.v1"
COMPLETED = "training.course_completed.v1"


def event(event_type: str, **data: Any) -> Event:
    """An event with the fields that membership reads."""
    return Event(uuid4(), "training", event_type, "2024-05-06T10:00:00Z", data, 1, "epoch")


def opened(member_id: UUID, kind: str = "digital_introduction", **changes: Any) -> Event:
    """A member is owed training."""
    said = {
        "obligation_id": uuid4(),
        "member_id": member_id,
        "kind": kind,
        "opened_on": date(2024, 5, 6),
        "version": 1,
        "due_on": date(2024, 6, 6),
        "offered_on": None,
    }
    return event(OPENED, **{**said, **changes})


def met(before: Event, offered_on: date) -> Event:
    """The training was offered."""
    later = {"version": before.data["version"] + 1, "offered_on": offered_on}
    return event(MET, **{**before.data, **later})


def completed(member_id: UUID, on: date, kind: str = "digital_introduction") -> Event:
    """A member completed a course."""
    return event(COMPLETED, member_id=member_id, kind=kind, completed_on=on)


def follow(database: Database, *events: Event) -> None:
    """Hear of obligations."""
    with database.writing() as session:
        journeys.follow(session, events)


def complete(database: Database, *events: Event) -> None:
    """Hear of completions."""
    with database.writing() as session:
        journeys.complete(session, events)
