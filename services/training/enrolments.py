"""Enrolments in sessions, with a line behind the last place.

Whoever changes any holds the session's row until the commit, so that they take turns; the
members before it and their obligations after it, so that no two wait for one another.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from services.training import completions, courses, memberships
from services.training.sessions import CourseSession
from services.training.trainees import persons, take_turns

STATES = ("enrolled", "waiting", "withdrawn")


class Enrolment(Base):
    """That a member means to take part; `number` is their turn, from 1.

    Of somebody who was erased since, no id is left. `grade` is what they thought of it, 1 to 5.
    """

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("session_id", "member_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("course_session.id"))
    member_id: Mapped[UUID | None]
    number: Mapped[int]
    enrolled_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(20))
    grade: Mapped[int | None]


def hold(session: Session, member_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Hold these members until the commit; answers who each is. Before a session is locked."""
    known = persons(session, member_ids)
    take_turns(session, {*known, *known.values()})
    return persons(session, member_ids)


def enrol(session: Session, held: CourseSession, members: Sequence[UUID]) -> list[Enrolment]:
    """Enrol held members in a locked session, all or none; answers their enrolments.

    Who is in it already stays as they are; whoever finds no place left waits in line. Raises
    Invalid for one who was no member on the day or lacks a course that is required, Conflict when
    the session was cancelled.
    """
    held.check_planned()
    known = {each.member_id: each for each in of_members(session, [held], members)}
    # Two of them may be one person in truth.
    asked = dict.fromkeys(members)
    new = [each for each in asked if each not in known or known[each].state == "withdrawn"]
    _check_members(session, held, members, new)
    _check_required(session, held, members, new)
    left, number = _places_left(session, held), _last_number(session, held)
    for turn, member_id in enumerate(new):
        state = "enrolled" if left is None or turn < left else "waiting"
        enrolment = known.setdefault(member_id, Enrolment(id=new_id(), session_id=held.id))
        enrolment.member_id, enrolment.number = member_id, number + turn + 1
        enrolment.state, enrolment.enrolled_at = state, clock.now()
        session.add(enrolment)
    session.flush()
    return [known[each] for each in members]


def withdraw(session: Session, held: CourseSession, member_id: UUID) -> Enrolment:
    """A member gives up the place in a locked session, once; who waited longest moves up.

    Raises NotFound, and Conflict for one who completed the course in it.
    """
    member_id = persons(session, [member_id])[member_id]
    enrolment = of(session, held, member_id)
    if enrolment is None:
        raise NotFound("The member was not enrolled.")
    if enrolment.state != "withdrawn":
        if completions.in_session(session, held.id, member_id):
            raise Conflict("The member completed the course in this session.")
        enrolment.state = "withdrawn"
        move_up(session, held)
    return enrolment


def move_up(session: Session, held: CourseSession) -> None:
    """Give the free places of a locked session to those who have waited longest."""
    session.flush()
    left = _places_left(session, held)
    waiting = select(Enrolment).where(Enrolment.session_id == held.id, Enrolment.state == "waiting")
    if left != 0:
        for each in session.scalars(waiting.order_by(Enrolment.number).limit(left)):
            each.state = "enrolled"
        session.flush()


def fit(session: Session, held: CourseSession) -> None:
    """After a change of a locked session give free places to those who wait.

    Raises Conflict when more are enrolled than it has places.
    """
    if held.capacity is not None and held.capacity < _enrolled(session, held):
        raise Conflict("More are enrolled than that.")
    move_up(session, held)


def cancel(session: Session, held: CourseSession, reason: str) -> None:
    """Cancel a locked session, which ends all enrolments.

    Raises Conflict when somebody completed the course in it, or it was cancelled otherwise.
    """
    if not held.cancel(reason):
        return
    if completions.in_session(session, held.id):
        raise Conflict("Somebody completed the course in this session.")
    theirs = update(Enrolment).where(Enrolment.session_id == held.id)
    session.execute(theirs.values(state="withdrawn"))


def listed(session: Session, held: CourseSession, query: dict[str, Any]) -> Page[Enrolment]:
    """The enrolments in a session, in turn."""
    found = select(Enrolment).where(Enrolment.session_id == held.id)
    if query["state"] is not None:
        found = found.where(Enrolment.state == query["state"])
    return page(session, found, (Enrolment.number, Enrolment.id), query, ascending=True)


def of(session: Session, held: CourseSession, member_id: UUID) -> Enrolment | None:
    """The enrolment of a member in a session."""
    return next(iter(of_members(session, [held], [member_id])), None)


def of_members(
    session: Session, coming: Iterable[CourseSession], members: Collection[UUID]
) -> Sequence[Enrolment]:
    """The enrolments of these members in these sessions, in turn."""
    query = select(Enrolment).where(
        Enrolment.session_id.in_([held.id for held in coming]), Enrolment.member_id.in_(members)
    )
    return session.scalars(query.order_by(Enrolment.session_id, Enrolment.number)).all()


def _check_members(
    session: Session, held: CourseSession, members: Sequence[UUID], new: Collection[UUID]
) -> None:
    known = memberships.of(session, new)
    for member_id in new:
        if not known[member_id].on(held.starts_on):
            why = "The member has left." if known[member_id].any else "There is no such member."
            raise Invalid("No member", {f"member_ids.{members.index(member_id)}": [why]})


def _check_required(
    session: Session, held: CourseSession, members: Sequence[UUID], new: Collection[UUID]
) -> None:
    wanted = courses.required(session, [held.course_id])[held.course_id]
    done = completions.of(session, new, wanted)
    for member_id in new:
        missing = [course_id for course_id in wanted if course_id not in done[member_id]]
        if missing:
            why = f"Has yet to complete the course {missing[0]}."
            raise Invalid("Too early", {f"member_ids.{members.index(member_id)}": [why]})


def _places_left(session: Session, held: CourseSession) -> int | None:
    """How many more there is a place for; None without a limit."""
    if held.capacity is None:
        return None
    return max(0, held.capacity - _enrolled(session, held))


def _enrolled(session: Session, held: CourseSession) -> int:
    taken = select(func.count()).where(
        Enrolment.session_id == held.id, Enrolment.state == "enrolled"
    )
    return session.scalar(taken) or 0


def _last_number(session: Session, held: CourseSession) -> int:
    last = select(func.max(Enrolment.number)).where(Enrolment.session_id == held.id)
    return session.scalar(last) or 0
