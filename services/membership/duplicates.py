"""Probable duplicates: two members who may be one person, until somebody says that they are not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, literal, select, union_all
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from infra.database import Base, insert_new
from infra.errors import Invalid
from infra.paging import Page, page_of_rows
from infra.units import ROOT, Tree
from services.membership.marks import LIKELY
from services.membership.members import Member

REASONS = ("email", "phone", "name_and_birth_date")
MARKS = dict(zip(REASONS, LIKELY, strict=True))

MustReach = Callable[[str], None]
"""Raises Forbidden for a unit in which the caller may not act."""

MOST_SHARING = 10
"""What more members than that have in common, an office's number, tells nothing of two of them."""


class Different(Base):
    """Two members who are different people, whatever they have in common; in the order of ids."""

    __tablename__ = "different"

    first: Mapped[UUID] = mapped_column(primary_key=True)
    second: Mapped[UUID] = mapped_column(primary_key=True)


def pairs(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Row[Any]]:
    """The pairs among the members, present and former, of a unit and all below it.

    Each is `first`, `second` and, by its name, whether each of REASONS is one.
    """
    units = None if query["unit"] == ROOT else tree.subtree(query["unit"])
    alike = union_all(*(_alike(reason, units) for reason in REASONS)).subquery("alike")
    key = (alike.c.first, alike.c.second)
    reasons = [func.count().filter(alike.c.reason == reason).label(reason) for reason in REASONS]
    found = select(*key, *reasons).where(~_are_different(*key)).group_by(*key)
    return page_of_rows(session, found, key, query, ascending=True)


def tell_apart(session: Session, request: dict[str, UUID], must_reach: MustReach) -> None:
    """Say, once, that the members `first` and `second` are different people.

    Raises Invalid for one who is not there, or for the same member twice.
    """
    one, other = sorted(request.values())
    if one == other:
        raise Invalid("One member", {"second": ["The same member twice."]})
    query = select(Member.id, Member.unit).where(Member.id.in_((one, other)))
    units = {found.id: found.unit for found in session.execute(query)}
    for field, member_id in request.items():
        if member_id not in units:
            raise Invalid("Nobody", {field: ["There is no such member."]})
        must_reach(units[member_id])
    insert_new(session, Different, [{"first": one, "second": other}], "first")


def _alike(reason: str, units: list[str] | None) -> Select[UUID, UUID, str]:
    one, other = aliased(Member), aliased(Member)
    mark, same = (getattr(member, MARKS[reason]) for member in (one, other))
    shared = getattr(Member, MARKS[reason])
    few = (
        select(shared)
        .where(shared.is_not(None))
        .group_by(shared)
        .having(func.count().between(2, MOST_SHARING))
    )
    found = (
        select(one.id.label("first"), other.id.label("second"), literal(reason).label("reason"))
        .select_from(one)
        .join(other, and_(mark == same, one.id < other.id))
        .where(mark.in_(few))
    )
    if units is not None:
        found = found.where(one.unit.in_(units), other.unit.in_(units))
    return found


def _are_different(first: Any, second: Any) -> Any:
    return exists().where(Different.first == first, Different.second == second)
