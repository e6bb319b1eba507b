"""What happens to members, and to those who turn out to be another one."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.shape import UnitCode, words
from services.membership.events.fact import MembershipFact

SOURCES = ("digital", "recruiter", "conversation", "activity", "union", "import")
LEAVE_REASONS = ("own_request", "unpaid", "death", "exclusion")

Source = Annotated[str, words(SOURCES)]
LeaveReason = Annotated[str, words(LEAVE_REASONS)]


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
