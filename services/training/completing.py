"""Completing a course: once a member, by whoever was enrolled in a session that has begun."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.database import insert_new
from infra.errors import Conflict, Invalid
from infra.identity import new_id
from services.training import enrolments
from services.training.completions import Completion
from services.training.courses import Course
from services.training.events import CourseCompleted
from services.training.obligations import meet_all, of_members
from services.training.offers import latest
from services.training.sessions import CourseSession
from services.training.trainees import left_days, persons

TAKEN = "The member completed this course before, or the id is taken."


def complete(
    session: Session, held: CourseSession, given: dict[str, Any]
) -> tuple[Completion, bool]:
    """A member completed the course in the locked session `held`; counted once.

    Meets the obligation of the course's kind if nobody recorded an offer. Raises Invalid for one
    who is not enrolled, and for a day in the future or before the session starts; Conflict when
    the session has not begun or was cancelled, when the member completed the course before on
    another day or in another session, or the id is taken.
    """
    if given["completed_on"] > clock.today():
        raise Invalid("Not yet", {"completed_on": ["The day is in the future."]})
    row = {
        "id": given["id"] or new_id(),
        "member_id": persons(session, [given["member_id"]])[given["member_id"]],
        "course_id": held.course_id,
        "session_id": held.id,
        "completed_on": given["completed_on"],
    }
    known = _stored(session, row, by_client=given["id"] is not None)
    if known is not None:
        return known, False
    _check(session, held, row)
    if not insert_new(session, Completion, [row]):
        raise Conflict(TAKEN)
    completion = Completion(**row)
    _publish(session, held, completion)
    return completion, True


def _stored(session: Session, row: dict[str, Any], *, by_client: bool) -> Completion | None:
    same_course = (Completion.member_id == row["member_id"]) & (
        Completion.course_id == row["course_id"]
    )
    query = select(Completion).where(or_(Completion.id == row["id"], same_course))
    there = session.scalars(query).all()
    names = [name for name in row if name != "id" or by_client]
    for stored in there:
        if all(getattr(stored, name) == row[name] for name in names):
            return stored
    if there:
        raise Conflict(TAKEN)
    return None


def _check(session: Session, held: CourseSession, row: dict[str, Any]) -> None:
    if row["completed_on"] < held.starts_on:
        raise Invalid("Too early", {"completed_on": ["The day is before the session starts."]})
    held.check_planned()
    if not held.begun:
        raise Conflict("The session has not begun.")
    enrolment = enrolments.of(session, held, row["member_id"])
    if enrolment is None or enrolment.state != "enrolled":
        waits = enrolment is not None and enrolment.state == "waiting"
        why = "Waits for a place in the session." if waits else "Not enrolled in the session."
        raise Invalid("No participant", {"member_id": [why]})


def _publish(session: Session, held: CourseSession, completion: Completion) -> None:
    kind = session.get_one(Course, held.course_id).kind
    fact = CourseCompleted(
        session_id=held.id,
        course_id=held.course_id,
        kind=kind,
        member_id=completion.member_id,
        unit=held.unit,
        completed_on=completion.completed_on,
    )
    outbox.append(session, fact)
    member_id, day = completion.member_id, completion.completed_on
    of_kind = [each for each in of_members(session, [member_id])[member_id] if each.kind == kind]
    owed = latest(of_kind, left_days(session, [member_id])[member_id], day)
    if owed is not None:
        meet_all(session, [(owed, day)])
