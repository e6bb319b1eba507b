"""What happens to activities."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.shape import Shape, UnitCode, Version, between, words
from services.campaign.events.fact import CampaignFact

KIND_PATTERN = "^[a-z]+(_[a-z]+)*$"
LONGEST_KIND = 40
MODES = ("physical", "remote", "hybrid")
MOST_GUESTS = 100_000

ActivityKind = Annotated[
    str,
    Shape(
        {
            "pattern": KIND_PATTERN,
            "maxLength": LONGEST_KIND,
            "description": "A word of the party's list, GET /activity-kinds, which it adds to.",
            "examples": ["theme_meeting", "door_knocking", "decision_meeting"],
        }
    ),
]
Mode = Annotated[str, words(MODES)]
Present = Annotated[int, between(0)]
Guests = Annotated[int, between(0, MOST_GUESTS)]


@dataclass(frozen=True)
class ActivityPlanned(CampaignFact, subject="activity/{activity_id}"):
    """A unit plans an activity, or has moved it; the event with the highest version holds."""

    activity_id: UUID
    unit: UnitCode
    kind: ActivityKind
    mode: Mode
    open: bool
    held_on: date
    members: Present
    guests: Guests
    version: Version


@dataclass(frozen=True)
class ActivityHeld(CampaignFact, subject="activity/{activity_id}"):
    """An activity was held, or more is known of who came; a later version replaces."""

    activity_id: UUID
    unit: UnitCode
    kind: ActivityKind
    mode: Mode
    open: bool
    held_on: date
    members: Present
    guests: Guests
    version: Version


@dataclass(frozen=True)
class ActivityCancelled(CampaignFact, subject="activity/{activity_id}"):
    """An activity will not be held."""

    activity_id: UUID
    unit: UnitCode
    kind: ActivityKind
    mode: Mode
    open: bool
    held_on: date
    members: Present
    guests: Guests
    version: Version


@dataclass(frozen=True)
class ActivityAttended(CampaignFact, subject="activity/{activity_id}"):
    """A member was at an activity of the unit; told once of each member and activity."""

    activity_id: UUID
    member_id: UUID
    unit: UnitCode
    held_on: date
