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

UnitName = Annotated[str, characters(1, 200, "Malmö")]
UnitKind = Annotated[str, words(KINDS)]
Population = Annotated[int, between(0, MOST_PEOPLE)]
Source = Annotated[str, words(SOURCES)]
LeaveReason = Annotated[str, words(LEAVE_REASONS)]
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
