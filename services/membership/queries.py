"""What membership is asked to show; reads only."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from infra.paging import Page, page
from infra.units import ROOT, Tree, Unit
from services.membership.members import Member


def units(session: Session, query: dict[str, Any]) -> Page[Unit]:
    """The units of a kind, or one level below a parent, or all, by code."""
    found: Select[Unit] = select(Unit)
    for name in ("kind", "parent"):
        if query[name] is not None:
            found = found.where(getattr(Unit, name) == query[name])
    return page(session, found, (Unit.code,), query, ascending=True)


def members(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Member]:
    """The members of a unit and all below it, the last to join first."""
    found: Select[Member] = select(Member)
    if query["unit"] != ROOT:
        found = found.where(Member.unit.in_(tree.subtree(query["unit"])))
    if query["status"] is not None:
        found = found.where(Member.status == query["status"])
    return page(session, found, (Member.joined_on, Member.id), query)
