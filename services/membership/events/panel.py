"""What the member panel answers."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from infra.shape import UnitCode, between
from services.membership.events.fact import MembershipFact

Grade = Annotated[int, between(1, 5)]


@dataclass(frozen=True)
class PanelAnswered(MembershipFact, subject="panel_wave/{wave_id}", anonymous=True):
    """Somebody of a district answered the member panel; nothing tells who, or on which day.

    Published when the wave closes. `unit` is the district, or the party for those of a district
    with fewer than 10 answers. Grades are from 1, not at all, to 5, very much; `rewarding` is
    asked of those who took part in something local in the last 30 days.
    """

    wave_id: UUID
    unit: UnitCode
    participated: bool
    rewarding: Grade | None
    voice_matters: Grade
    influence_local: Grade
    influence_regional: Grade
    influence_national: Grade
