"""What a wheel means for one unit: its entries as the unit has them; reads only."""

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.errors import NotFound
from infra.units import Tree
from services.campaign import adoption, templates, wheel_adaptations, wheel_entries
from services.campaign.templates import Template
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel

TEXTS = ("material", "links")


def plan(session: Session, tree: Tree, wheel: Wheel, unit: str | None) -> list[dict[str, Any]]:
    """The entries that hold for the unit, as it has them; without a unit all, as they were added.

    Each has the `kind` of its template, and as `planned` and `held` how many activities in the
    unit and below it carry it out.
    """
    entries = list(wheel_entries.of(session, wheel.id))
    if unit is None:
        return _shown(session, tree, wheel.unit, entries, {})
    entries = [entry for entry in entries if entry.holds_for(tree, unit)]
    made = wheel_adaptations.for_unit(session, tree, entries, unit)
    return _shown(session, tree, unit, entries, made)


def entry(
    session: Session, tree: Tree, wheel: Wheel, found: WheelEntry, unit: str | None
) -> dict[str, Any]:
    """One entry as `plan` has it, with its `material` and `links`.

    Raises NotFound when it does not hold for the unit.
    """
    if unit is not None and not found.holds_for(tree, unit):
        raise NotFound("The entry does not hold for that unit.")
    made = {} if unit is None else wheel_adaptations.for_unit(session, tree, [found], unit)
    (shown,) = _shown(session, tree, unit or wheel.unit, [found], made)
    written = templates.version_of(session, found.template_id, found.version)
    nearest = next(iter(made.get(found.id, ())), None)
    for name in TEXTS:
        own = getattr(nearest, name, None)
        shown[name] = getattr(written, name) if own is None else own
    return shown


def _shown(
    session: Session,
    tree: Tree,
    unit: str,
    entries: list[WheelEntry],
    made: wheel_adaptations.Adaptations,
) -> list[dict[str, Any]]:
    kinds = _kinds(session, entries)
    counts: Counter[Any] = Counter()
    for row in adoption.carried(session, [e.id for e in entries], tree.subtree(unit)):
        counts[row.entry_id, row.status] += row.activities
    return [
        {
            **wheel_adaptations.adapted(found, made.get(found.id, ())),
            "kind": kinds[found.template_id],
            **{status: counts[found.id, status] for status in adoption.CARRIED},
        }
        for found in entries
    ]


def _kinds(session: Session, entries: list[WheelEntry]) -> dict[Any, str | None]:
    ids = {found.template_id for found in entries}
    rows = session.execute(select(Template.id, Template.kind).where(Template.id.in_(ids)))
    return dict(rows.all())
