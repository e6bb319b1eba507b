"""What training is asked to show; reads only."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.training.obligations import SOON, STATUSES, Obligation

ORDER = (Obligation.due_order, Obligation.id)


class Counted(NamedTuple):
    """How many obligations of a unit have a status, and are due in 30 days."""

    unit: str
    status: str
    number: int
    soon: int


def obligations(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Obligation]:
    """The obligations of a unit and all below it, in the order of what is due next."""
    found = select(Obligation).where(_within(tree, query["unit"]))
    for name in ("kind", "status"):
        if query[name] is not None:
            found = found.where(getattr(Obligation, name) == query[name])
    return page(session, found, ORDER, query, ascending=True)


def of_member(session: Session, member_id: UUID) -> Sequence[Obligation]:
    """All obligations of one member, in the order of what is due next."""
    query = select(Obligation).where(Obligation.member_id == member_id).order_by(*ORDER)
    return session.scalars(query).all()


def summary(session: Session, tree: Tree, unit: str, today: date) -> dict[str, Any]:
    """How many obligations of a unit and all below it have each status."""
    return _sums(unit, _counts(session, _within(tree, unit), today))


def summaries(
    session: Session, tree: Tree, query: dict[str, Any], today: date
) -> list[dict[str, Any]]:
    """The summary of each unit one level below `query["unit"]`, of all kinds or of one."""
    which = _within(tree, query["unit"])
    if query["kind"] is not None:
        which &= Obligation.kind == query["kind"]
    counts = _counts(session, which, today)
    return [
        _sums(child, [row for row in counts if tree.within(row.unit, child)])
        for child in tree.children(query["unit"])
    ]


def _counts(session: Session, which: ColumnElement[bool], today: date) -> Sequence[Counted]:
    soon = Obligation.due_order.between(today, today + SOON)
    counted = select(
        Obligation.unit,
        Obligation.status,
        func.count(),
        func.count().filter(soon),
    )
    rows = session.execute(counted.where(which).group_by(Obligation.unit, Obligation.status))
    return [Counted(*row) for row in rows]


def _sums(unit: str, counts: Iterable[Counted]) -> dict[str, Any]:
    found = dict.fromkeys(STATUSES, 0)
    soon = 0
    for _, status, count, near in counts:
        found[status] += count
        soon += near if status == "open" else 0
    decided = found["met"] + found["met_late"] + found["overdue"]
    share = found["met"] / decided if decided else None
    return {"unit": unit, "due_in_30_days": soon, "on_time_share": share, **found}


def _within(tree: Tree, unit: str) -> ColumnElement[bool]:
    return true() if unit == ROOT else Obligation.unit.in_(tree.subtree(unit))
