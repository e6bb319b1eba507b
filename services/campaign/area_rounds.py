"""Rounds: an area is knocked on again from its first door, as on an election day three times."""

from uuid import UUID

from sqlalchemy.orm import Session

from infra.errors import Conflict
from services.campaign import area_assignments, areas
from services.campaign.areas import Area

MOST = 100
"""Rounds of one area."""


def begin(session: Session, area_id: UUID, number: int) -> Area:
    """Begin the round of that number, once; answers the area.

    Raises NotFound, Conflict unless the area is in the round before and nobody has it.
    """
    area = areas.get(session, area_id, lock=True)
    if area.round == number:
        return area
    if area.round != number - 1:
        raise Conflict(f"The area is in round {area.round}, and {area.round + 1} is the next.")
    holder = area_assignments.current(session, area_id)
    if holder is not None:
        raise area_assignments.held(holder)
    area.round = number
    return area
