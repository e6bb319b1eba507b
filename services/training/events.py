"""The facts that training publishes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.event import Fact
from infra.shape import UnitCode, Version, between, words

OWED = ("digital_introduction", "member_education", "leader_education")
STATUSES = ("open", "met", "met_late", "overdue", "cancelled")
COURSES = (
    *OWED,
    "conversation_campaign",
    "social_media",
    "digital_tools",
    "union_political",
    "academy",
    "study_circle",
    "argument_training",
)

Status = Annotated[str, words(STATUSES)]
Owed = Annotated[str, words(OWED)]
Days = Annotated[int, between(7, 30)]
CourseKind = Annotated[str, words(COURSES)]


class TrainingFact(Fact, source="training"):
    """Anything that happened in training."""


@dataclass(frozen=True)
class ObligationFact(TrainingFact):
    """An obligation as it is after what happened.

    Each state change raises `version` by one, so of two events the one with the higher version is
    the newer, in whatever order they come.
    """

    obligation_id: UUID
    member_id: UUID
    unit: UnitCode
    kind: Owed
    opened_on: date
    version: Version
    due_on: date | None = None
    offered_on: date | None = None
    on_time: bool | None = None
    status: Status | None = None


@dataclass(frozen=True)
class ObligationOpened(ObligationFact, subject="obligation/{obligation_id}"):
    """A member is to be offered a kind of training, by `due_on` where there is a deadline."""


@dataclass(frozen=True)
class ObligationMet(ObligationFact, subject="obligation/{obligation_id}"):
    """The training was offered, `on_time` or not."""


@dataclass(frozen=True)
class ObligationOverdue(ObligationFact, subject="obligation/{obligation_id}"):
    """The last day went by without an offer."""


@dataclass(frozen=True)
class ObligationCancelled(ObligationFact, subject="obligation/{obligation_id}"):
    """The member left, or holds no elected post, without an offer; or turned out to be another."""


@dataclass(frozen=True)
class ObligationDueSoon(ObligationFact, subject="obligation/{obligation_id}"):
    """The last day is 30 days away or less, or 7; each is told once, and changes nothing."""

    days: Days = 30


@dataclass(frozen=True)
class ObligationReopened(ObligationFact, subject="obligation/{obligation_id}"):
    """It is owed again: its offer was withdrawn, or the member holds an elected post again."""


@dataclass(frozen=True)
class ObligationMoved(ObligationFact, subject="obligation/{obligation_id}"):
    """It belongs to another unit, as its member does; or an earlier post became known."""


@dataclass(frozen=True)
class CourseCompleted(TrainingFact, subject="session/{session_id}"):
    """A member completed a course for the first time; `unit` is the one that held the session."""

    session_id: UUID
    course_id: UUID
    kind: CourseKind
    member_id: UUID
    unit: UnitCode
    completed_on: date
