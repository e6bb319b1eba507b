"""What happens to consultations."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from infra.shape import Shape, UnitCode, between
from services.campaign.events.fact import CampaignFact

MOST_OPTIONS = 10
LEAST_SHOWN = 5

Option = Annotated[int, between(0, MOST_OPTIONS - 1)]


@dataclass(frozen=True)
class ConsultationOpened(CampaignFact, subject="consultation/{consultation_id}"):
    """The members of a unit, or of some below it, are asked a question from now on."""

    consultation_id: UUID
    unit: UnitCode


@dataclass(frozen=True)
class ConsultationAnswered(CampaignFact, subject="consultation/{consultation_id}"):
    """A member of the unit answered; nothing tells who, or what."""

    consultation_id: UUID
    unit: UnitCode


@dataclass(frozen=True)
class OptionCount:
    """How many of a unit and all below it chose an option; options are counted from 0."""

    unit: UnitCode
    option: Option
    count: Annotated[int, between(LEAST_SHOWN)]


@dataclass(frozen=True)
class ConsultationClosed(CampaignFact, subject="consultation/{consultation_id}"):
    """A consultation takes no more answers; `results` are the party's and those of the districts.

    Of them are left out the counts below 5, and those beside them by which they could be found.
    """

    consultation_id: UUID
    unit: UnitCode
    answers: Annotated[int, between(0)]
    results: Annotated[list[OptionCount], Shape({"maxItems": 1000})]
