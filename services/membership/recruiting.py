"""Who is to be asked: prospects, but nobody who is a member or ever was one; reads only."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Exists,
    LargeBinary,
    Select,
    Uuid,
    column,
    exists,
    func,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import Session

from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.membership.prospects import OPEN, Prospect

MARKS = ("email_mark", "phone_mark")
"""Whoever is, or was, a member has them as prospects do; whoever is erased has none."""

# Named by its columns: the marks are no matter of the noun of members.
MEMBER = table("member", column("id", Uuid), *(column(name, LargeBinary) for name in MARKS))


def recruits(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Prospect]:
    """The prospects of a unit and all below it, those first who have waited longest.

    Without a status those who may be asked.
    """
    statuses = OPEN if query["status"] is None else (query["status"],)
    found: Select[Prospect] = select(Prospect).where(
        within(tree, query["unit"]), Prospect.status.in_(statuses), ~_is_known()
    )
    order = (Prospect.registered_on, Prospect.id)
    return page(session, found, order, query, ascending=True)


def not_yet_asked(
    session: Session, tree: Tree, unit: str = ROOT, of_them: ColumnElement[bool] | None = None
) -> dict[str, int]:
    """How many prospects nobody has asked yet, by the units themselves, of `unit` and below.

    Of those for whom `of_them` holds, or of all.
    """
    rows = session.execute(
        select(Prospect.unit, func.count())
        .where(within(tree, unit), Prospect.status == "registered", ~_is_known())
        .where(true() if of_them is None else of_them)
        .group_by(Prospect.unit)
    )
    return {row[0]: row[1] for row in rows}


def within(tree: Tree, unit: str) -> ColumnElement[bool]:
    """Whether a prospect is of `unit` or below it."""
    return true() if unit == ROOT else Prospect.unit.in_(tree.subtree(unit))


def is_reached_as(member_id: UUID) -> ColumnElement[bool]:
    """Whether a prospect is reached in a way in which that member is."""
    return or_(*(each.where(MEMBER.c.id == member_id) for each in _alike()))


def _is_known() -> ColumnElement[bool]:
    """Whether a prospect is reached in a way in which a member, or who was one, is.

    One way is enough: rather is a relative left out than somebody asked who was excluded.
    """
    return or_(*_alike())


def _alike() -> list[Exists]:
    return [exists().where(MEMBER.c[name] == getattr(Prospect, name)) for name in MARKS]
