"""The facts that membership publishes."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from infra.event import Fact


class MembershipFact(Fact, source="membership"):
    """Anything that happened in membership."""


@dataclass(frozen=True)
class UnitRegistered(MembershipFact, subject="unit/{code}"):
    """The organisation has a unit that it had not; `valid_from` is the day it begins."""

    code: str
    name: str
    kind: str
    parent: str | None
    population: int | None
    open: bool
    version: int
    valid_from: date


@dataclass(frozen=True)
class UnitChanged(MembershipFact, subject="unit/{code}"):
    """A unit was renamed, moved, closed or opened; the fields say how it is from `valid_from`."""

    code: str
    name: str
    kind: str
    parent: str | None
    population: int | None
    open: bool
    version: int
    valid_from: date


@dataclass(frozen=True)
class MemberJoined(MembershipFact, subject="member/{member_id}"):
    """Somebody became a member; again, if `rejoined`."""

    member_id: UUID
    unit: str
    joined_on: date
    source: str
    rejoined: bool
    previous_left_on: date | None = None


@dataclass(frozen=True)
class MemberLeft(MembershipFact, subject="member/{member_id}"):
    """A member is one no longer."""

    member_id: UUID
    unit: str
    left_on: date
    reason: str


@dataclass(frozen=True)
class MemberTransferred(MembershipFact, subject="member/{member_id}"):
    """A member belongs to another unit: no join, no leave."""

    member_id: UUID
    from_unit: str
    to_unit: str
    on: date
