"""The facts that training publishes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.event import Fact
from infra.shape import UnitCode, Version, words

OWED = ("digital_introduction", "member_education", "leader_education")
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

Owed = Annotated[str, words(OWED)]
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
    """The member left before the training was offered, or turned out to be another one."""


@dataclass(frozen=True)
class CourseCompleted(TrainingFact, subject="session/{session_id}"):
    """A member completed a course for the first time; `unit` is the one that held the session."""

    session_id: UUID
    course_id: UUID
    kind: CourseKind
    member_id: UUID
    unit: UnitCode
    completed_on: date
