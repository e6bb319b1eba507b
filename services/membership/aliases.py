"""The ids by which one person is known: a member's own, and those of members merged into it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.membership.members import Member


def ids(session: Session, member_id: UUID) -> list[UUID]:
    """The member's own id first, then those merged into it, directly or by way of others."""
    known = select(Member.id).where(Member.id == member_id).cte("known", recursive=True)
    merged = select(Member.id).join(known, Member.merged_into == known.c.id)
    found = session.scalars(select(known.union(merged).c.id)).all()
    return [member_id, *sorted(found_id for found_id in found if found_id != member_id)]
