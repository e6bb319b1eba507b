"""How consultations are answered, unit by unit; reads only."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from infra import clock, csv
from infra.paging import Page, page
from infra.units import ROOT, Node, Tree
from services.campaign import small_cells
from services.campaign.consultations import Answer, AskedUnit, Consultation
from services.campaign.small_cells import Counts, Shown


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Consultation]:
    """The consultations that ask members of a unit, above or below it too; the last to open first.

    `status` is as of now.
    """
    found: Select[Consultation] = select(Consultation)
    unit = query["unit"]
    if unit != ROOT:
        near = {*tree.path(unit), *tree.subtree(unit)}
        asked = AskedUnit.consultation_id == Consultation.id
        found = found.where(exists().where(asked, AskedUnit.unit.in_(near)))
    if query["status"] is not None:
        found = found.where(_has(query["status"]))
    return page(session, found, (Consultation.opens_at, Consultation.id), query)


def counted(session: Session, tree: Tree, consultation: Consultation) -> dict[str, Counts]:
    """How many chose each option, by unit with all below it, for those that have an answer."""
    numbers: dict[str, list[int]] = {ROOT: [0] * len(consultation.options)}
    of_it = (
        select(Answer.unit, Answer.option, func.count())
        .where(Answer.consultation_id == consultation.id)
        .group_by(Answer.unit, Answer.option)
    )
    for unit, option, count in session.execute(of_it):
        for at in {*tree.path(unit), ROOT}:
            numbers.setdefault(at, [0] * len(consultation.options))[option] += count
    return {unit: tuple(each) for unit, each in numbers.items()}


def results(session: Session, tree: Tree, consultation: Consultation, unit: str) -> dict[str, Any]:
    """How a unit with all below it answered, and each unit one level down that is asked.

    Until the consultation is closed small counts are hidden: null. Raises Invalid for an unknown
    unit.
    """
    node = tree.check_known(unit)
    counts = counted(session, tree, consultation)
    shown: Mapping[str, Shown] = counts
    if consultation.status != "closed":
        shown = small_cells.shown(tree, counts)
    empty = (0 if consultation.status == "closed" else None,) * len(consultation.options)
    below = [tree.check_known(code) for code in tree.children(unit)]
    return {
        "consultation_id": consultation.id,
        "status": consultation.status,
        "question": consultation.question,
        "options": consultation.options,
        **_row(node, counts, shown, empty),
        "children": [
            _row(child, counts, shown, empty)
            for child in below
            if _asked(tree, consultation, child)
        ],
    }


def as_csv(found: dict[str, Any]) -> bytes:
    """`results` as a table with a header, the unit itself first; what is hidden is empty."""
    rows = ((u["unit"], u["name"], u["answers"], *u["counts"]) for u in (found, *found["children"]))
    return csv.lines([("unit", "name", "answers", *found["options"]), *rows])


def _row(
    node: Node, counts: Mapping[str, Counts], shown: Mapping[str, Shown], empty: Shown
) -> dict[str, Any]:
    row = shown.get(node.code, empty)
    hidden = all(count is None for count in row)
    answers = None if hidden else sum(counts.get(node.code, ()))
    return {"unit": node.code, "name": node.name, "answers": answers, "counts": row}


def _asked(tree: Tree, consultation: Consultation, node: Node) -> bool:
    if node.kind == "side_organisation":
        return False
    below = any(tree.within(unit, node.code) for unit in consultation.units)
    return below or consultation.asks(tree, node.code)


def _has(status: str) -> ColumnElement[bool]:
    now = clock.now()
    begun, over = Consultation.opens_at <= now, Consultation.closes_at <= now
    return {"planned": ~begun, "open": and_(begun, ~over), "closed": over}[status]
