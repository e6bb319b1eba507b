"""Willingness: who has agreed to be thought of for tasks, and for elected posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Row, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, replace_all
from infra.errors import Conflict, Invalid
from infra.units import ROOT, Tree
from services.membership import members
from services.membership.members import Member
from services.membership.vault import Vault

Willing = Row[UUID, str, list[str], list[str]]
"""`(id, unit, interests, competences)` of a member."""


class Willingness(Base):
    """What a member has agreed to, or not, since `consent_at`; without a row, to nothing."""

    __tablename__ = "willingness"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    tasks: Mapped[bool]
    posts: Mapped[bool]
    consent_at: Mapped[datetime] = mapped_column(Instant)


def tell(session: Session, member_id: UUID, request: dict[str, Any]) -> dict[str, Any]:
    """Keep what a member agrees to from now on, in place of what was told before.

    Raises NotFound, Invalid for a consent in the future, Conflict for one who is no member.
    """
    member = members.get(session, member_id, lock=True)
    if member.status != "member":
        raise Conflict("Who has left is asked for nothing.")
    if request["consent_at"] > clock.now():
        raise Invalid("Not yet", {"consent_at": ["The instant is in the future."]})
    row = {"member_id": member.id, **request}
    replace_all(session, Willingness, [row], "tasks", "posts", "consent_at")
    return row


def for_tasks(session: Session, tree: Tree, units: Sequence[str]) -> Sequence[Willing]:
    """The members of these units and all below who would have a task, the last to join first."""
    return _willing(session, tree, units, Willingness.tasks)


def for_posts(session: Session, tree: Tree, unit: str) -> Sequence[Willing]:
    """The members of a unit and all below it who would be elected, the last to join first."""
    return _willing(session, tree, [unit], Willingness.posts)


def held(session: Session, _: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """What the member has agreed to."""
    found = session.get(Willingness, member_id)
    names = ("tasks", "posts", "consent_at")
    return [] if found is None else [{name: getattr(found, name) for name in names}]


def forget(session: Session, member_id: UUID) -> None:
    """The member has agreed to nothing."""
    session.execute(delete(Willingness).where(Willingness.member_id == member_id))


def absorb(session: Session, from_id: UUID, into_id: UUID) -> None:
    """Of what one person agreed to under two ids, the later holds."""
    told, kept = session.get(Willingness, from_id), session.get(Willingness, into_id)
    if told is not None and (kept is None or kept.consent_at < told.consent_at):
        row = {"member_id": into_id, "tasks": told.tasks, "posts": told.posts}
        row["consent_at"] = told.consent_at
        replace_all(session, Willingness, [row], "tasks", "posts", "consent_at")
    forget(session, from_id)


def _willing(
    session: Session, tree: Tree, units: Sequence[str], agreed: InstrumentedAttribute[bool]
) -> Sequence[Willing]:
    query = (
        select(Member.id, Member.unit, Member.interests, Member.competences)
        .join(Willingness, Willingness.member_id == Member.id)
        .where(agreed, Member.status == "member")
        .order_by(Member.joined_on.desc(), Member.id)
    )
    if ROOT not in units:
        within = {code for unit in units for code in tree.subtree(unit)}
        query = query.where(Member.unit.in_(within))
    return session.execute(query).all()
