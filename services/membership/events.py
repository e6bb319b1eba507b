"""The facts that membership publishes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.event import Fact
from infra.shape import Shape, UnitCode, Version, between, characters, words
from infra.units import KINDS

SOURCES = ("digital", "recruiter", "conversation", "activity", "union", "import")
LEAVE_REASONS = ("own_request", "unpaid", "death", "exclusion")
MOST_PEOPLE = 1_000_000_000
SEGMENTS = (
    "young",
    "union_active",
    "union_official",
    "young_recruited",
    "union_active_recruited",
    "union_official_recruited",
)
LEAST_SHOWN = 5
"""A smaller count of people is a small cell, and told to nobody."""

UnitName = Annotated[str, characters(1, 200, "Malmö")]
UnitKind = Annotated[str, words(KINDS)]
Population = Annotated[int, between(0, MOST_PEOPLE)]
Source = Annotated[str, words(SOURCES)]
LeaveReason = Annotated[str, words(LEAVE_REASONS)]
Segment = Annotated[str, words(SEGMENTS)]
Grade = Annotated[int, between(1, 5)]
CommitmentKey = Annotated[
    str, Shape({"pattern": "^[a-z_]+[.][a-z_]+$", "examples": ["planning.open_activity"]})
]


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


@dataclass(frozen=True)
class UndoneTransfer:
    """A transfer that is taken back."""

    from_unit: UnitCode
    to_unit: UnitCode
    on: date


@dataclass(frozen=True)
class MemberMerged(MembershipFact, subject="member/{member_id}"):
    """A member turned out to be another one, `into_id`: a membership of the first never was.

    What is told of it is taken back: the join in `unit`, each transfer and, if there is a
    `left_on`, the leave from `left_unit`. Each membership that the member had has an event.
    """

    member_id: UUID
    into_id: UUID
    unit: UnitCode
    joined_on: date
    source: Source
    transfers: list[UndoneTransfer]
    previous_left_on: date | None = None
    left_unit: UnitCode | None = None
    left_on: date | None = None
    reason: LeaveReason | None = None


@dataclass(frozen=True)
class MemberErased(MembershipFact, subject="member/{member_id}"):
    """One who had left is forgotten: forget what you hold of them, and keep what you count."""

    member_id: UUID


@dataclass(frozen=True)
class ProspectRegistered(MembershipFact, subject="prospect/{prospect_id}"):
    """Somebody is curious, and consents to be contacted."""

    prospect_id: UUID
    unit: UnitCode
    source: Source


@dataclass(frozen=True)
class ProspectAsked(MembershipFact, subject="prospect/{prospect_id}"):
    """Somebody asked a prospect to become a member."""

    prospect_id: UUID
    unit: UnitCode
    asked_on: date


@dataclass(frozen=True)
class SegmentCounted(MembershipFact, subject="unit/{unit}"):
    """So many members of a district, or of the party, are of a segment on a day.

    Of the segments `…_recruited` are those who joined in that year. Told once a day, and only of
    what is no small cell.
    """

    unit: UnitCode
    on: date
    segment: Segment
    count: Annotated[int, between(LEAST_SHOWN)]


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


@dataclass(frozen=True)
class PanelAnswered(MembershipFact, subject="panel_wave/{wave_id}", anonymous=True):
    """Somebody of a district answered the member panel; nothing tells who, or on which day.

    Published when the wave closes. `unit` is the district, or the party for those of a district
    with fewer than 10 answers. Grades are from 1, not at all, to 5, very much; `rewarding` is
    asked of those who took part in something local in the last 30 days.
    """

    wave_id: UUID
    unit: UnitCode
    participated: bool
    rewarding: Grade | None
    voice_matters: Grade
    influence_local: Grade
    influence_regional: Grade
    influence_national: Grade


@dataclass(frozen=True)
class CommitmentFulfilled(MembershipFact, subject="unit/{unit}"):
    """A unit has done what the reform programme has it undertake."""

    unit: UnitCode
    key: CommitmentKey
    fulfilled_on: date
