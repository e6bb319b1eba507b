"""What happens to mentorships."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from infra.shape import UnitCode
from services.membership.events.fact import MembershipFact


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
