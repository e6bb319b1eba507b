"""How many of those who join are still there a year later, by when they joined; reads only."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, extract, func, select, union_all
from sqlalchemy.orm import Session

from infra import clock
from infra.units import ROOT, Tree
from services.membership.members import Member, PastMembership

Cohort = dict[str, Any]
Counts = dict[tuple[int, int], tuple[int, int]]
"""By year and month of joining: how many joined, and how many left within their first year."""

A_YEAR = 10_000
"""Between a day and the same a year later, both as the number that their digits make."""


def cohorts(session: Session, tree: Tree, unit: str) -> list[Cohort]:
    """The years in which memberships of a unit and below began, the last first, with quarters.

    Each `{year, joined, left, share, complete, quarters}`: `left` within twelve months of joining,
    `share` of those who joined (None when nobody did), not `complete` while one of them may be in
    the first twelve months. A membership belongs where it began, wherever the member went; a
    rejoin begins another. Every year since the first is there.
    """
    counts = _counts(session, tree, unit)
    today = clock.today()
    years = range(today.year, min((year for year, _ in counts), default=today.year + 1) - 1, -1)
    return [
        {
            **_cohort(counts, year, range(1, 13), today),
            "quarters": list(_quarters(counts, year, today)),
        }
        for year in years
    ]


def _quarters(counts: Counts, year: int, today: date) -> Iterator[Cohort]:
    for quarter in range(1, 5):
        months = range(3 * quarter - 2, 3 * quarter + 1)
        if date(year, months[0], 1) <= today:
            yield {"quarter": quarter, **_cohort(counts, year, months, today)}


def _cohort(counts: Counts, year: int, months: range, today: date) -> Cohort:
    found = [counts.get((year, month), (0, 0)) for month in months]
    joined, left = sum(each[0] for each in found), sum(each[1] for each in found)
    last = months[-1]
    a_year_after = date(year + 1 + last // 12, last % 12 + 1, 1)
    return {
        "year": year,
        "joined": joined,
        "left": left,
        "share": left / joined if joined else None,
        "complete": today >= a_year_after,
    }


def _counts(session: Session, tree: Tree, unit: str) -> Counts:
    codes = None if unit == ROOT else tree.subtree(unit)
    began = union_all(_present(codes), _past(codes)).subquery()
    joined_on, left_on = began.c.joined_on, began.c.left_on
    soon = _number(left_on) < _number(joined_on) + A_YEAR
    within = case((left_on.is_(None), 0), (soon, 1), else_=0)
    by = (extract("year", joined_on), extract("month", joined_on))
    rows = session.execute(select(*by, func.count(), func.sum(within)).group_by(*by))
    return {(int(year), int(month)): (joined, int(left)) for year, month, joined, left in rows}


def _present(codes: list[str] | None) -> Select[date, date | None]:
    # Who is merged into another was a mistake, whose memberships never were.
    found = select(Member.joined_on, Member.left_on).where(Member.status != "merged")
    return found if codes is None else found.where(Member.joined_unit.in_(codes))


def _past(codes: list[str] | None) -> Select[date, date]:
    found = select(PastMembership.joined_on, PastMembership.left_on).join(
        Member, Member.id == PastMembership.member_id
    )
    found = found.where(Member.status != "merged")
    return found if codes is None else found.where(PastMembership.unit.in_(codes))


def _number(day: Any) -> ColumnElement[int]:
    return extract("year", day) * A_YEAR + extract("month", day) * 100 + extract("day", day)
