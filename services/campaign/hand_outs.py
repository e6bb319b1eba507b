"""Areas handed out at the door: whoever comes gets the next one that nobody has."""

from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from infra import clock
from infra.creation import TAKEN
from infra.database import locked
from infra.errors import Conflict
from infra.units import Tree
from services.campaign import area_assignments, areas
from services.campaign.area_assignments import ASKED, AreaAssignment
from services.campaign.areas import Area

ALIKE = ("unit", *ASKED)


def hand_out(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[AreaAssignment, bool]:
    """Give somebody the next free area of the unit; answers the assignment, and if it is new.

    Areas in an earlier round come first; of those in one round the untouched ones, the oldest
    first. What was released as done is not handed out again in that round. Sent again with its
    id, a request is given the same area. Raises as `area_assignments.assign`, and Conflict when
    no area is free.
    """
    areas.take_turn(session, request["unit"])
    known = session.get(AreaAssignment, request["id"]) if request["id"] else None
    if known is not None:
        if not area_assignments.same(known, request, ALIKE):
            raise Conflict(TAKEN)
        return known, False
    area_assignments.check(tree, clock.now(), request)
    while (area := session.scalars(_next(session, request["unit"])).one_or_none()) is not None:
        # Somebody may have asked for this very one after it was found and before it was held.
        if area_assignments.current(session, area.id) is None:
            return area_assignments.assign(session, tree, area, request, ALIKE)
    raise Conflict("No area of the unit is free.")


def _next(session: Session, unit: str) -> Select[Area]:
    in_round = exists().where(AreaAssignment.area_id == Area.id, AreaAssignment.round == Area.round)
    done = in_round.where(AreaAssignment.release_reason == "done")
    is_free = area_assignments.is_free(clock.now())
    free = select(Area).where(Area.unit == unit, ~done, is_free)
    return locked(
        session, free.order_by(Area.round, in_round, Area.created_at, Area.id).limit(1)
    ).execution_options(populate_existing=True)
