"""Taking an offer back: the next one counts, or a completion, or what was met is owed again."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock, outbox
from services.training import standing
from services.training.completions import Completion
from services.training.courses import Course
from services.training.obligations import Obligation, of_members
from services.training.offers import Offer, Reaches, get, must_reach


def withdraw(session: Session, reaches: Reaches, offer_id: UUID) -> tuple[Offer, bool]:
    """Take an offer back, once; answers it, and whether that was new.

    Raises NotFound, and Forbidden for an obligation out of the caller's reach.
    """
    offer = get(session, offer_id)
    theirs = of_members(session, [offer.member_id])[offer.member_id]
    (obligation,) = [each for each in theirs if each.id == offer.obligation_id]
    must_reach(reaches, [obligation])
    # As it is now that the obligation is held: another may have taken it back.
    session.refresh(offer)
    if offer.withdrawn_at is not None:
        return offer, False
    offer.withdrawn_at = clock.now()
    session.flush()
    known = standing.of(session, [offer.member_id])[offer.member_id]
    happened = obligation.offered_instead(_first_left(session, obligation), known)
    if happened is not None:
        outbox.append(session, happened(**obligation.facts()))
    return offer, True


def _first_left(session: Session, obligation: Obligation) -> date | None:
    """The day of the first offer that stands, else that of the first completion."""
    offered = (
        select(Offer.offered_on)
        .where(Offer.obligation_id == obligation.id, Offer.withdrawn_at.is_(None))
        .order_by(Offer.recorded_at, Offer.id)
    )
    completed = (
        select(Completion.completed_on)
        .join(Course, Course.id == Completion.course_id)
        .where(
            Completion.member_id == obligation.member_id,
            Course.kind == obligation.kind,
            Completion.completed_on >= obligation.opened_on,
        )
        .order_by(Completion.completed_on)
    )
    first = session.scalars(offered.limit(1)).first()
    return first or session.scalars(completed.limit(1)).first()
