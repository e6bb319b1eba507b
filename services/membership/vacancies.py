"""Vacancies: the roles that the programme wants in each unit, where nobody has them; reads only."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Select, exists, literal, select, union_all
from sqlalchemy.orm import Session

from infra.paging import Page, page_of_rows
from infra.units import ROOT, Tree, Unit
from services.membership.assignments import Assignment

PLACES = {
    "welcome_officer": ("district", "branch", "association"),
    "programme_officer": ("branch",),
    "union_leader": ("branch",),
}
"""The kinds of unit that should have each role."""


def vacancies(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Row[Any]]:
    """`unit` and `role` of a unit and all below it, by unit; all roles, or the one asked for."""
    within = None if query["unit"] == ROOT else tree.subtree(query["unit"])
    wanted = PLACES if query["role"] is None else (query["role"],)
    every = union_all(*(_vacant(role, within) for role in wanted)).subquery()
    return page_of_rows(session, select(every), (every.c.place,), query, ascending=True)


def of(session: Session, units: Collection[str]) -> dict[str, list[str]]:
    """By unit the roles that nobody has, of those of `units` that lack any."""
    every = union_all(*(_vacant(role, list(units)) for role in PLACES)).subquery()
    found: dict[str, list[str]] = {}
    for unit, role in session.execute(select(every.c.unit, every.c.role).order_by(every.c.place)):
        found.setdefault(unit, []).append(role)
    return found


def _vacant(role: str, within: list[str] | None) -> Select[str, str, str]:
    has_one = exists().where(
        Assignment.unit == Unit.code, Assignment.role == role, Assignment.ended_on.is_(None)
    )
    # In one text, by which the list is cut: no cursor but its own fits.
    place = (Unit.code + literal(f" {role}")).label("place")
    found = select(Unit.code.label("unit"), literal(role).label("role"), place).where(
        Unit.kind.in_(PLACES[role]), Unit.open, ~has_one
    )
    return found if within is None else found.where(Unit.code.in_(within))
