"""How many people carry the conversations."""

from dataclasses import dataclass
from typing import Annotated

from infra.shape import Shape, UnitCode, Version, between
from services.campaign.events.fact import CampaignFact

Week = Annotated[str, Shape({"pattern": "^[0-9]{4}-W[0-9]{2}$", "examples": ["2026-W47"]})]


@dataclass(frozen=True)
class VolunteersCounted(CampaignFact, subject="unit/{unit}"):
    """So many different people logged conversations in a unit and all below it in an ISO week.

    Of parties, districts and branches, once the week is over, and again when late reports or
    voids change the number.
    """

    unit: UnitCode
    week: Week
    volunteers: Annotated[int, between(0)]
    version: Version
