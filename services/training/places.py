"""What becomes of places in sessions when members leave, are erased or turn out to be others."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.database import locked
from services.training import completions, enrolments, memberships
from services.training.enrolments import STATES, Enrolment
from services.training.sessions import LONGEST, CourseSession

ACTIVE = ("enrolled", "waiting")


def release(session: Session, members: Collection[UUID]) -> None:
    """Those of these held members who are so no longer give up their places; the line moves up."""
    coming = _locked_sessions(session, members)
    if coming:
        _give_up(session, coming, members, memberships.of(session, members))


def forget(session: Session, members: Collection[UUID]) -> None:
    """Keep no longer who these members were; the places in what is still to come are free."""
    _give_up(session, _locked_sessions(session, members), members, {})
    theirs = update(Enrolment).where(Enrolment.member_id.in_(members))
    session.execute(theirs.values(member_id=None))


def take_over(session: Session, into: Mapping[UUID, UUID]) -> None:
    """What some held members are enrolled in is another's; of two places in a session one goes."""
    everyone = {*into, *into.values()}
    coming = _locked_sessions(session, everyone, all_of_them=True)
    freed = set()
    by_session: dict[tuple[UUID, UUID], list[Enrolment]] = {}
    for each in enrolments.of_members(session, coming, everyone):
        if each.member_id is not None:
            whose = into.get(each.member_id, each.member_id)
            by_session.setdefault((each.session_id, whose), []).append(each)
    for (session_id, _), theirs in by_session.items():
        theirs.sort(key=lambda each: (STATES.index(each.state), each.number))
        for later in theirs[1:]:
            later.member_id, later.state = None, "withdrawn"
            freed.add(session_id)
    # Two of one member in one session cannot be.
    session.flush()
    for (_, whose), theirs in by_session.items():
        theirs[0].member_id = whose
    for held in coming:
        if held.id in freed and held.status == "planned":
            enrolments.move_up(session, held)
    completions.take_over(session, into)
    _give_up(session, coming, set(into.values()), memberships.of(session, into.values()))


def _give_up(
    session: Session,
    coming: Iterable[CourseSession],
    members: Collection[UUID],
    known: Mapping[UUID, memberships.Memberships],
) -> None:
    by_id = {held.id: held for held in coming if not held.over and held.status == "planned"}
    freed = set()
    for each in enrolments.of_members(session, by_id.values(), members):
        held = by_id[each.session_id]
        theirs = known.get(each.member_id) if each.member_id else None
        if each.state in ACTIVE and (theirs is None or not theirs.on(held.starts_on)):
            each.state = "withdrawn"
            freed.add(held.id)
    for key in sorted(freed):
        enrolments.move_up(session, by_id[key])


def _locked_sessions(
    session: Session, members: Collection[UUID], *, all_of_them: bool = False
) -> Sequence[CourseSession]:
    # In one order, and as they are now that they are held.
    theirs = select(Enrolment.session_id).where(Enrolment.member_id.in_(members))
    query = select(CourseSession).where(CourseSession.id.in_(theirs))
    if not all_of_them:
        query = query.where(CourseSession.starts_on >= clock.today() - LONGEST)
    query = query.order_by(CourseSession.id).execution_options(populate_existing=True)
    return session.scalars(locked(session, query)).all()
