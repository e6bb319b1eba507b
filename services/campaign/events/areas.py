"""What happens to areas: who has one is told to nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from infra.shape import UnitCode, between, words
from services.campaign.events.fact import CampaignFact

MODES = ("visits", "tally")
END_REASONS = ("released", "expired")

Mode = Annotated[str, words(MODES)]
Round = Annotated[int, between(1)]
EndReason = Annotated[str, words(END_REASONS)]


@dataclass(frozen=True)
class AreaAssigned(CampaignFact, subject="area/{area_id}"):
    """Somebody has the area from now until `until`, or until it is released."""

    area_id: UUID
    unit: UnitCode
    assignment_id: UUID
    mode: Mode
    round: Round
    until: datetime


@dataclass(frozen=True)
class AreaExpiring(CampaignFact, subject="area/{area_id}"):
    """Whoever has the area has it for a day more at the most, until `until`. Told once."""

    area_id: UUID
    unit: UnitCode
    assignment_id: UUID
    mode: Mode
    round: Round
    until: datetime


@dataclass(frozen=True)
class AreaReleased(CampaignFact, subject="area/{area_id}"):
    """Nobody has the area any more: it was given back early, or its time was over."""

    area_id: UUID
    unit: UnitCode
    assignment_id: UUID
    mode: Mode
    round: Round
    reason: EndReason
