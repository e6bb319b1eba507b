"""What happens at the doors of areas."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.shape import UnitCode, between
from services.campaign.events.fact import CampaignFact

Number = Annotated[int, between(0)]


@dataclass(frozen=True)
class VisitsLogged(CampaignFact, subject="area/{area_id}"):
    """Visits, or a tally of them, of one day in one area: how many came to what."""

    area_id: UUID
    unit: UnitCode
    visited_on: date
    no_answer: Number
    declined: Number
    return_later: Number
    conversation: Number
