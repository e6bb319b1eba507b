"""The facts that membership publishes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.event import Fact
from infra.shape import UnitCode, Version, between, characters, words
from infra.units import KINDS

SOURCES = ("digital", "recruiter", "conversation", "activity", "union", "import")
LEAVE_REASONS = ("own_request", "unpaid", "death", "exclusion")
MOST_PEOPLE = 1_000_000_000

UnitName = Annotated[str, characters(1, 200, "Malmö")]
UnitKind = Annotated[str, words(KINDS)]
Population = Annotated[int, between(0, MOST_PEOPLE)]
Source = Annotated[str, words(SOURCES)]
LeaveReason = Annotated[str, words(LEAVE_REASONS)]


class MembershipFact(Fact, source="membership"):
    """Anything that happened in membership."""


@dataclass(frozen=True)
class UnitRegistered(MembershipFact, subject="unit/{code}"):
    """The organisation has a unit that it had not; `valid_from` is the day it begins."""

    code: UnitCode
    name: UnitName
    kind: UnitKind
    parent: UnitCode | None
    population: Population | None
    open: bool
    version: Version
    valid_from: date


@dataclass(frozen=True)
class UnitChanged(MembershipFact, subject="unit/{code}"):
    """A unit was renamed, moved, closed or opened; the fields say how it is from `valid_from`."""

    code: UnitCode
    name: UnitName
    kind: UnitKind
    parent: UnitCode | None
    population: Population | None
    open: bool
    version: Version
    valid_from: date


@dataclass(frozen=True)
class MemberJoined(MembershipFact, subject="member/{member_id}"):
    """Somebody became a member; again, if `rejoined`."""

    member_id: UUID
    unit: UnitCode
    joined_on: date
    source: Source
    rejoined: bool
    previous_left_on: date | None = None


@dataclass(frozen=True)
class MemberLeft(MembershipFact, subject="member/{member_id}"):
    """A member is one no longer."""

    member_id: UUID
    unit: UnitCode
    left_on: date
    reason: LeaveReason


@dataclass(frozen=True)
class MemberTransferred(MembershipFact, subject="member/{member_id}"):
    """A member belongs to another unit: no join, no leave."""

    member_id: UUID
    from_unit: UnitCode
    to_unit: UnitCode
    on: date


ROLES = (
    "elected_post",
    "welcome_officer",
    "programme_officer",
    "union_leader",
    "union_committee",
    "nominating_committee",
    "mentor",
    "activity_leader",
    "volunteer_organisation",
    "volunteer_campaign",
    "volunteer_administration",
    "local",
)
SPHERES = ("party", "public")

Role = Annotated[str, words(ROLES)]
Sphere = Annotated[str, words(SPHERES)]
Days = Annotated[int, between(0)]


@dataclass(frozen=True)
class AssignmentStarted(MembershipFact, subject="assignment/{assignment_id}"):
    """A member carries a task; the `first` that Samtal has heard of, `days_since_joined`."""

    assignment_id: UUID
    member_id: UUID
    unit: UnitCode
    role: Role
    sphere: Sphere | None
    started_on: date
    first: bool
    days_since_joined: Days


@dataclass(frozen=True)
class AssignmentEnded(MembershipFact, subject="assignment/{assignment_id}"):
    """A member carries a task no longer; `first` and `days_since_joined` are as it started."""

    assignment_id: UUID
    member_id: UUID
    unit: UnitCode
    role: Role
    sphere: Sphere | None
    ended_on: date
    first: bool
    days_since_joined: Days


@dataclass(frozen=True)
class MentorshipStarted(MembershipFact, subject="mentorship/{mentorship_id}"):
    """A member has a mentor."""

    mentorship_id: UUID
    unit: UnitCode
    started_on: date


@dataclass(frozen=True)
class MentorshipEnded(MembershipFact, subject="mentorship/{mentorship_id}"):
    """A mentorship is over."""

    mentorship_id: UUID
    unit: UnitCode
    ended_on: date
