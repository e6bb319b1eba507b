"""Areas handed out at the door: whoever comes gets the next one that nobody has."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from infra import clock
from infra.creation import TAKEN
from infra.errors import Conflict
from infra.units import Tree
from services.campaign import area_assignments
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
    known = session.get(AreaAssignment, request["id"]) if request["id"] else None
    if known is not None:
        if not area_assignments.same(known, request, ALIKE):
            raise Conflict(TAKEN)
        return known, False
    tree.check_fact(request["unit"], clock.today())
    while (area := session.scalars(_next(request["unit"], clock.now())).one_or_none()) is not None:
        # It may have been taken after it was found and before its row was held.
        if area_assignments.current(session, area.id) is None:
            return area_assignments.take(session, tree, area, request, ALIKE)
    raise Conflict("No area of the unit is free now.")


def _next(unit: str, now: datetime) -> Select[Area]:
    in_round = exists().where(AreaAssignment.area_id == Area.id, AreaAssignment.round == Area.round)
    done = in_round.where(AreaAssignment.release_reason == "done")
    free = select(Area).where(Area.unit == unit, ~done, area_assignments.is_free(now))
    order = (Area.round, in_round, Area.created_at, Area.id)
    return free.order_by(*order).limit(1).with_for_update(of=Area, skip_locked=True)
