"""What becomes of a wheel: activities planned and held for its entries, by unit; reads only.

An activity says in its `entry_id` which entry it carries out.
"""

from collections import Counter, defaultdict
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
    below = None if unit == ROOT else tree.subtree(unit)
    rows, drops = carried(session, ids, below), _drops(session, ids, below)
    children = [code for code in tree.children(unit) if _takes_part(tree, code)]
    child_of = {code: child for child in children for code in tree.subtree(child)}
    rows_of: defaultdict[str | None, list[Carried]] = defaultdict(list)
    for row in rows:
        rows_of[child_of.get(row.unit)].append(row)
    drops_of = Counter(map(child_of.get, drops))
    holding = _holding(entries)
    return {
        "wheel_id": wheel_id,
        **_adopted(tree, unit, holding, rows, len(drops)),
        "children": [
            _adopted(tree, child, holding, rows_of[child], drops_of[child]) for child in children
        ],
    }


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


def _drops(session: Session, ids: Collection[UUID], units: Sequence[str] | None) -> list[str]:
    query = select(WheelAdaptation.unit).where(
        WheelAdaptation.entry_id.in_(ids), WheelAdaptation.dropped
    )
    if units is not None:
        query = query.where(WheelAdaptation.unit.in_(units))
    return list(session.scalars(query))


Holding = dict[tuple[str, str | None], set[UUID]]


def _holding(entries: Iterable[WheelEntry]) -> Holding:
    """The entries by the code and the kind of unit that they name."""
    holding: Holding = defaultdict(set)
    for entry in entries:
        for code in entry.units:
            holding[code, entry.unit_kind].add(entry.id)
    return holding


def _adopted(
    tree: Tree, unit: str, holding: Holding, rows: Collection[Carried], dropped: int
) -> dict[str, Any]:
    node = tree.get(unit)
    held = [row for row in rows if row.status == "held"]
    return {
        "unit": unit,
        "name": node.name if node else unit,
        "entries": len(_held_in(tree, tree.subtree(unit), holding)),
        "planned": len({row.entry_id for row in rows}),
        "held": len({row.entry_id for row in held}),
        "activities_planned": sum(row.activities for row in rows if row.status == "planned"),
        "activities_held": sum(row.activities for row in held),
        "dropped": dropped,
    }


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
