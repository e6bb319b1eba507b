"""What happens to those who are curious."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from infra.shape import UnitCode
from services.membership.events.fact import MembershipFact
from services.membership.events.members import Source


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
