"""What becomes of a wheel: activities planned and held for its entries, by unit; reads only.

An activity says in its `entry_id` which entry it carries out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.units import ROOT, Tree
from services.campaign import wheel_entries
from services.campaign.activities import Activity
from services.campaign.wheel_adaptations import WheelAdaptation
from services.campaign.wheel_entries import WheelEntry

CARRIED = ("planned", "held")


class Carried(NamedTuple):
    """How many activities of one unit carry one entry out, by what has become of them."""

    unit: str
    entry_id: UUID
    status: str
    activities: int


def adoption(session: Session, tree: Tree, wheel_id: UUID, unit: str) -> dict[str, Any]:
    """How a wheel is carried out in a unit with all below it, and in each unit one level down.

    `entries` hold for it or for one below it; `planned` of them have an activity that is planned
    or held, `held` one that is held. `dropped` counts the units that dropped an entry.
    """
    entries = [e for e in wheel_entries.of(session, wheel_id) if e.withdrawn_at is None]
    ids = [entry.id for entry in entries]
    below = _codes(tree, unit)
    rows = carried(session, ids, below)
    drops = _drops(session, ids, below)
    holding = _holding(tree, entries)

    def of(code: str) -> dict[str, Any]:
        node = tree.get(code)
        units = set(tree.subtree(code))
        return {
            "unit": code,
            "name": node.name if node else code,
            "entries": len(_held_in(tree, units, holding)),
            **_counted([row for row in rows if row.unit in units]),
            "dropped": sum(dropped in units for dropped in drops),
        }

    children = [of(code) for code in tree.children(unit) if _takes_part(tree, code)]
    return {"wheel_id": wheel_id, **of(unit), "children": children}


def carried(
    session: Session, entry_ids: Collection[UUID], units: Sequence[str] | None
) -> list[Carried]:
    """The activities that carry entries out, by unit, entry and status; `units` None is all."""
    query = (
        select(Activity.unit, Activity.entry_id, Activity.status, func.count())
        .where(Activity.entry_id.in_(entry_ids), Activity.status.in_(CARRIED))
        .group_by(Activity.unit, Activity.entry_id, Activity.status)
    )
    if units is not None:
        query = query.where(Activity.unit.in_(units))
    return [
        Carried(unit, entry_id, status, activities)
        for unit, entry_id, status, activities in session.execute(query)
        if entry_id is not None
    ]


def _codes(tree: Tree, unit: str) -> list[str] | None:
    return None if unit == ROOT else tree.subtree(unit)


def _drops(session: Session, ids: Collection[UUID], units: Sequence[str] | None) -> list[str]:
    query = select(WheelAdaptation.unit).where(
        WheelAdaptation.entry_id.in_(ids), WheelAdaptation.dropped
    )
    if units is not None:
        query = query.where(WheelAdaptation.unit.in_(units))
    return list(session.scalars(query))


Holding = dict[tuple[str, str | None], set[UUID]]


def _holding(tree: Tree, entries: Iterable[WheelEntry]) -> Holding:
    """The entries by the code and the kind of unit that they name."""
    holding: Holding = defaultdict(set)
    for entry in entries:
        for code in entry.units:
            holding[code, entry.unit_kind].add(entry.id)
    return holding


def _held_in(tree: Tree, units: Iterable[str], holding: Holding) -> set[UUID]:
    found: set[UUID] = set()
    for code in units:
        node = tree.get(code)
        if node is not None and node.open:
            for above in tree.path(code):
                found |= holding.get((above, None), set()) | holding.get((above, node.kind), set())
    return found


def _takes_part(tree: Tree, code: str) -> bool:
    node = tree.get(code)
    return node is not None and node.open and node.kind != "side_organisation"


def _counted(rows: Collection[Carried]) -> dict[str, int]:
    held = [row for row in rows if row.status == "held"]
    return {
        "planned": len({row.entry_id for row in rows}),
        "held": len({row.entry_id for row in held}),
        "activities_planned": sum(row.activities for row in rows if row.status == "planned"),
        "activities_held": sum(row.activities for row in held),
    }
