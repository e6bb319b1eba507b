"""What happens at the yearly conference."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from infra.shape import UnitCode
from services.campaign.events.fact import CampaignFact


@dataclass(frozen=True)
class ConferenceAttended(CampaignFact, subject="activity/{activity_id}"):
    """A branch or a district was at the yearly conference; told once of each."""

    activity_id: UUID
    unit: UnitCode
    held_on: date
