"""Areas as they are shown: beside each, who has it now; reads only."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from infra import clock
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.campaign.area_assignments import AreaAssignment, is_free, is_held
from services.campaign.areas import Area

SHOWN = ("id", "unit", "name", "polygon", "households", "exclusive", "round", "created_at")


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """The areas of a unit and all below it, as `shown`, the oldest first."""
    found: Select[Area] = select(Area)
    if query["unit"] != ROOT:
        found = found.where(Area.unit.in_(tree.subtree(query["unit"])))
    if query["free"] is not None:
        free = is_free(clock.now())
        found = found.where(free if query["free"] else ~free)
    some = page(session, found, (Area.created_at, Area.id), query, ascending=True)
    return Page(shown(session, some.items), some.next)


def shown(session: Session, found: Sequence[Area]) -> list[dict[str, Any]]:
    """The areas, each with the `assignment` that holds it now, or None."""
    query = select(AreaAssignment).where(
        AreaAssignment.area_id.in_([area.id for area in found]), is_held(clock.now())
    )
    holders = {each.area_id: each for each in session.scalars(query)}
    return [
        {**{name: getattr(area, name) for name in SHOWN}, "assignment": holders.get(area.id)}
        for area in found
    ]
