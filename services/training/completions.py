"""Who completed which course, once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base


class Completion(Base):
    """A member completed a course; once, however many of its sessions they took part in."""

    __tablename__ = "completion"
    __table_args__ = (UniqueConstraint("member_id", "course_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    course_id: Mapped[UUID]
    session_id: Mapped[UUID]
    completed_on: Mapped[date]


def of(
    session: Session, members: Collection[UUID], course_ids: Collection[UUID]
) -> defaultdict[UUID, set[UUID]]:
    """Which of these courses each of these members completed."""
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    query = select(Completion.member_id, Completion.course_id).where(
        Completion.member_id.in_(members), Completion.course_id.in_(course_ids)
    )
    if course_ids:
        for member_id, course_id in session.execute(query):
            found[member_id].add(course_id)
    return found


def in_session(session: Session, session_id: UUID, member_id: UUID | None = None) -> bool:
    """Whether a member, or anybody, completed the course in that session."""
    query = select(Completion.id).where(Completion.session_id == session_id)
    if member_id is not None:
        query = query.where(Completion.member_id == member_id)
    return session.scalars(query.limit(1)).first() is not None


def take_over(session: Session, into: Mapping[UUID, UUID]) -> None:
    """What some completed is another's, but for what the other completed as well."""
    query = select(Completion).where(Completion.member_id.in_({*into, *into.values()}))
    theirs = session.scalars(query.order_by(Completion.completed_on, Completion.id)).all()
    has = {(each.member_id, each.course_id) for each in theirs}
    for each in theirs:
        whose = into.get(each.member_id, each.member_id), each.course_id
        if whose not in has:
            has.add(whose)
            each.member_id = whose[0]
