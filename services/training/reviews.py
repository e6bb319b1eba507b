"""What participants thought of a session: a grade each, told when there are enough of them."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from infra.errors import Conflict, Invalid
from services.training import enrolments
from services.training.enrolments import Enrolment
from services.training.sessions import CourseSession
from services.training.trainees import persons

FEWEST = 5
"""Grades of which the mean is told; of fewer, a participant's own would show."""


class Grade(NamedTuple):
    """The mean of the grades, to two decimals, and how many there are; None of too few."""

    grade: float | None = None
    reviews: int | None = None


HIDDEN = Grade()


def review(
    session: Session, held: CourseSession, member_id: UUID, grade: int
) -> tuple[Enrolment, bool]:
    """Keep the grade of one who takes part in a locked session; answers if it is new.

    Raises Invalid for one who is not enrolled, Conflict when the session has not begun or was
    cancelled, or they gave another grade before.
    """
    member_id = persons(session, [member_id])[member_id]
    held.check_planned()
    if not held.begun:
        raise Conflict("The session has not begun.")
    enrolment = enrolments.of(session, held, member_id)
    if enrolment is None or enrolment.state != "enrolled":
        raise Invalid("No participant", {"member_id": ["Not enrolled in the session."]})
    if enrolment.grade is not None:
        if enrolment.grade != grade:
            raise Conflict("The member reviewed it before, otherwise.")
        return enrolment, False
    enrolment.grade = grade
    held.grades += 1
    held.grade_sum += grade
    return enrolment, True


def of_session(held: CourseSession) -> Grade:
    """What was thought of a session."""
    return _mean(held.grades, held.grade_sum)


def of_courses(session: Session, course_ids: Collection[UUID]) -> dict[UUID, Grade]:
    """What was thought of each of these courses, in all sessions; hidden ones are left out.

    It is hidden as well where it would show, less what sessions show, what a few thought.
    """
    hidden = case((CourseSession.grades < FEWEST, CourseSession.grades), else_=0)
    columns = CourseSession.grades, CourseSession.grade_sum, hidden
    found = session.execute(
        select(CourseSession.course_id, *map(func.sum, columns))
        .where(CourseSession.course_id.in_(course_ids), CourseSession.grades > 0)
        .group_by(CourseSession.course_id)
    )
    return {
        course_id: _mean(count, total)
        for course_id, count, total, few in found
        if few == 0 or few >= FEWEST
    }


def _mean(count: int, total: int) -> Grade:
    return Grade(round(total / count, 2), count) if count >= FEWEST else HIDDEN
