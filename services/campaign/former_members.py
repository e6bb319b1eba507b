"""Ids of members that are theirs no longer: phones may send them long after.

Without it, who was erased would be kept and counted again by a late list, and who turned out to
be another would be counted as two.
"""

import re
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, replace_all, take_turn

USUAL_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TURN = 20190906
"""Of the locks of the database, the one on whose id is whose."""


class FormerMember(Base):
    """An id that is another member's now, `into_id`, or of nobody, who was erased."""

    __tablename__ = "former_member"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    into_id: Mapped[UUID | None]


def erase(session: Session, member_ids: Collection[UUID]) -> None:
    """Keep that these ids are nobody's any more."""
    take_turn(session, TURN)
    rows = [{"member_id": member_id, "into_id": None} for member_id in member_ids]
    replace_all(session, FormerMember, rows, "into_id")
    theirs = update(FormerMember).where(FormerMember.into_id.in_(member_ids))
    session.execute(theirs.values(into_id=None))


def merge(session: Session, member_id: UUID, into_id: UUID) -> UUID | None:
    """Keep that the id is another member's; answers whose by now, None if they are erased.

    What was heard of the other one before is thought of: events may come in any order.
    """
    take_turn(session, TURN)
    now = who(session, [into_id])[into_id]
    replace_all(session, FormerMember, [{"member_id": member_id, "into_id": now}], "into_id")
    theirs = update(FormerMember).where(FormerMember.into_id == member_id)
    session.execute(theirs.values(into_id=now))
    return now


def hold(session: Session) -> None:
    """Until the commit every id stays whose it is. To be called before any row is locked."""
    take_turn(session, TURN, shared=True)


def who(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Whose each of these ids is by now: their own, another's, or nobody's, None."""
    asked: dict[UUID, UUID | None] = {each: each for each in ids}
    known = select(FormerMember.member_id, FormerMember.into_id)
    found = session.execute(known.where(FormerMember.member_id.in_(asked)))
    return {**asked, **dict(found.all())}


def renamed(session: Session, references: Collection[str | None]) -> dict[str | None, str | None]:
    """Of references to volunteers, those that are not theirs any more: to whose they are now.

    Members are referred to by their id in its usual form; they stay who they are until the commit.
    """
    ids = {each: UUID(each) for each in references if each and USUAL_ID.fullmatch(each)}
    if not ids:
        return {}
    hold(session)
    now = who(session, set(ids.values()))
    changed = {
        each: now[member_id] for each, member_id in ids.items() if now[member_id] != member_id
    }
    return {each: str(member_id) if member_id else None for each, member_id in changed.items()}
