"""Members whose fee is about to be unpaid, or is: whom to call before they lapse; reads only."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.membership.members import Member


def lapsing(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Member]:
    """The members of a unit and below paid for at most `within` days more, the earliest first.

    Of whom nothing is known to be paid is not among them.
    """
    last = clock.today() + timedelta(days=query["within"])
    found = select(Member).where(Member.status == "member", Member.paid_until <= last)
    if query["unit"] != ROOT:
        found = found.where(Member.unit.in_(tree.subtree(query["unit"])))
    return page(session, found, (Member.paid_until, Member.id), query, ascending=True)
