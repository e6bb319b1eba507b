"""What a nominating committee works from; reads only."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.membership import days, willingness
from services.membership.assignments import Assignment
from services.membership.members import Member
from services.membership.vault import Vault

FEW = 5
"""Fewer than so many people are not told of."""

MOST = 50
"""Candidates shown for one competence."""

ELECTED = (Assignment.role == "elected_post", Assignment.ended_on.is_(None))


def mandates(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Assignment]:
    """The elected posts of a unit and all below it whose mandates end within `months`.

    Those first that end next, or should have ended.
    """
    until = clock.add_months(clock.today(), query["months"])
    found = select(Assignment).where(*ELECTED, Assignment.mandate_until <= until)
    if query["unit"] != ROOT:
        found = found.where(Assignment.unit.in_(tree.subtree(query["unit"])))
    order = (Assignment.mandate_until, Assignment.id)
    return page(session, found, order, query, ascending=True)


def candidates(session: Session, tree: Tree, unit: str) -> list[dict[str, Any]]:
    """Who would be elected, by competence: `{competence, members, member_ids}`.

    `member_ids` are at most MOST of them, the last to join first.
    """
    by_competence: defaultdict[str, list[UUID]] = defaultdict(list)
    for member in willingness.for_posts(session, tree, unit):
        for competence in member.competences:
            by_competence[competence].append(member.id)
    return [
        {"competence": word, "members": len(found), "member_ids": found[:MOST]}
        for word, found in sorted(by_competence.items())
    ]


def holders(
    session: Session, tree: Tree, vault: Vault, unit: str, young_age: int
) -> dict[str, Any]:
    """How many hold elected posts in a unit and all below it, and who they are in shares.

    `{members, young, union}`, the young being under `young_age`; the shares are from 0 to 1, in
    tenths, which blurs what two of them would tell by subtraction. None where the share, or the
    rest, is of fewer than FEW.
    """
    sealed = _sealed(session, tree, unit)
    known = [vault.unseal(each) for each in sealed]
    today = clock.today()
    young = sum(1 for person in known if _is_young(person["birth_date"], today, young_age))
    union = sum(1 for person in known if person["union"] is not None)
    return {
        "members": len(known),
        "young": _share(young, len(known)),
        "union": _share(union, len(known)),
    }


def _sealed(session: Session, tree: Tree, unit: str) -> Sequence[bytes]:
    of_holders = select(Assignment.member_id).where(*ELECTED)
    if unit != ROOT:
        of_holders = of_holders.where(Assignment.unit.in_(tree.subtree(unit)))
    return session.scalars(select(Member.personal).where(Member.id.in_(of_holders))).all()


def _is_young(birth_date: str | None, today: date, young_age: int) -> bool:
    return birth_date is not None and days.age(date.fromisoformat(birth_date), today) < young_age


def _share(count: int, of: int) -> float | None:
    return None if min(count, of - count) < FEW else round(count / of, 1)
