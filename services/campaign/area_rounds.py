"""Rounds: an area is knocked on again from its first door, as on an election day three times."""

from sqlalchemy.orm import Session

from infra.errors import Conflict
from services.campaign import area_assignments
from services.campaign.areas import Area

MOST = 100
"""Rounds of one area."""


def begin(session: Session, area: Area, number: int) -> None:
    """Begin the round of that number, once. The area is locked.

    Raises Conflict unless the area is in the round before and nobody has it.
    """
    if area.round == number:
        return
    if area.round != number - 1:
        raise Conflict(f"The area is in round {area.round}, and {area.round + 1} is the next.")
    holder = area_assignments.current(session, area.id)
    if holder is not None:
        raise area_assignments.held(holder)
    area.round = number
