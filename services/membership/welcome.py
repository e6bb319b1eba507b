"""The welcome officer's list: who is new, and what is to be had for them; reads only."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.orm import Session

from infra import clock
from infra.paging import Page, page_of_rows
from infra.units import ROOT, Tree
from services.membership import journeys, vacancies
from services.membership.assignments import Assignment
from services.membership.journeys import Journey
from services.membership.members import Member
from services.membership.mentorships import Mentorship

NEW_MONTHS = 6
"""How long a member is new; longer, while something is owed."""

MOST = 500
"""Vacancies and mentors shown."""

LAST = date(9999, 12, 31)


def newcomers(session: Session, tree: Tree, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """The new members of a unit and all below it, by the nearest day of what they are owed.

    Each `{member_id, unit, joined_on, due_on, introduction, education, first_activity_on}`. Who
    was imported is not new.
    """
    # What has no deadline comes last; a list cannot be cut after NULL.
    order = func.coalesce(Journey.next_due_on, LAST).label("due_order")
    since = clock.add_months(clock.today(), -NEW_MONTHS)
    found = (
        select(Member.id, Member.unit, Member.joined_on, Journey.next_due_on, order)
        .outerjoin(Journey, Journey.member_id == Member.id)
        .where(Member.status == "member", Member.source != "import")
        .where(or_(Member.joined_on >= since, Journey.next_due_on.is_not(None)))
    )
    if query["unit"] != ROOT:
        found = found.where(Member.unit.in_(tree.subtree(query["unit"])))
    page = page_of_rows(session, found, (order, Member.id), query, ascending=True)
    known = journeys.steps(session, [row.id for row in page.items])
    items = [
        {
            "member_id": row.id,
            "unit": row.unit,
            "joined_on": row.joined_on,
            "due_on": row.next_due_on,
            **known[row.id],
        }
        for row in page.items
    ]
    return Page(items, page.next)


def lacking(session: Session, tree: Tree, unit: str) -> Sequence[Row[Any]]:
    """`unit` and `role` of each unit of a unit and below it without a welcome officer."""
    asked = {"unit": unit, "role": "welcome_officer", "limit": MOST, "cursor": None}
    return vacancies.vacancies(session, tree, asked).items


def free_mentors(session: Session, tree: Tree, unit: str) -> Sequence[UUID]:
    """Who is a mentor in the unit or below it, and has nobody to be one for."""
    has_one = exists().where(
        Mentorship.mentor_id == Assignment.member_id, Mentorship.ended_on.is_(None)
    )
    query = (
        select(Assignment.member_id)
        .where(Assignment.role == "mentor", Assignment.ended_on.is_(None), ~has_one)
        .distinct()
        .order_by(Assignment.member_id)
        .limit(MOST)
    )
    if unit != ROOT:
        query = query.where(Assignment.unit.in_(tree.subtree(unit)))
    return session.scalars(query).all()
