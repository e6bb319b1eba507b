"""Members who are erased, or turn out to be other members: what every noun does about them."""

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy.orm import Session

from services.campaign import (
    area_assignments,
    attendances,
    consultations,
    conversations,
    former_members,
    signups,
)

FORGET: tuple[Callable[[Session, Collection[UUID]], None], ...] = (
    area_assignments.forget,
    attendances.forget,
    consultations.forget,
    conversations.forget,
    signups.forget,
)
TAKE_OVER: tuple[Callable[[Session, UUID, UUID], None], ...] = (
    area_assignments.take_over,
    attendances.take_over,
    consultations.take_over,
    conversations.take_over,
    signups.take_over,
)


def erase(session: Session, member_ids: Collection[UUID]) -> None:
    """Keep nothing by these ids; what was counted stays counted."""
    former_members.erase(session, member_ids)
    for forget in FORGET:
        forget(session, member_ids)


def merge(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What was one member's is the other's, or of nobody where that one was erased since."""
    now = former_members.merge(session, member_id, into_id)
    if now is None:
        erase(session, {member_id})
    else:
        for take_over in TAKE_OVER:
            take_over(session, member_id, now)
