"""What training is asked to show; reads only."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.training.obligations import STATUSES, Obligation

SOON = timedelta(days=30)
ORDER = (Obligation.due_order, Obligation.id)


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
    within = _within(tree, unit)
    by_status = select(Obligation.status, func.count()).where(within).group_by(Obligation.status)
    found = dict.fromkeys(STATUSES, 0) | {row[0]: row[1] for row in session.execute(by_status)}
    soon = select(func.count()).where(
        within,
        Obligation.status == "open",
        Obligation.due_order.between(today, today + SOON),
    )
    decided = found["met"] + found["met_late"] + found["overdue"]
    return {
        "unit": unit,
        "due_in_30_days": session.scalar(soon),
        "on_time_share": found["met"] / decided if decided else None,
        **found,
    }


def _within(tree: Tree, unit: str) -> ColumnElement[bool]:
    return true() if unit == ROOT else Obligation.unit.in_(tree.subtree(unit))
