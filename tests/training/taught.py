"""Courses and sessions that the tests plan, and who comes to them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.units import Tree
from services.training import courses, enrolments, sessions
from services.training.completing import complete
from services.training.completions import Completion
from services.training.courses import Course
from services.training.enrolments import Enrolment
from services.training.sessions import CourseSession
from tests.training.facts import EDUCATION, deliver, joined

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STARTS = NOW + timedelta(days=10)
LONG_AGO = date(2019, 1, 1)


def people(number: int) -> list[UUID]:
    """Ids of that many members."""
    return [UUID(int=0xA000 + each) for each in range(number)]


def join(session: Session, *members: UUID) -> None:
    """Let training hear that they joined long ago."""
    deliver(session, [joined(LONG_AGO, each) for each in members])


def course(session: Session, tree: Tree, *required: UUID, **changes: Any) -> Course:
    """A new course, a member education of the party."""
    given = {"id": None, "kind": EDUCATION, "title": "Grundkurs", "unit": "SE"}
    return courses.create(session, tree, {**given, "required": list(required), **changes})[0]


def planning(course_id: UUID, **changes: Any) -> dict[str, Any]:
    """A request to plan a session."""
    return {
        "id": None,
        "course_id": course_id,
        "unit": "1280",
        "starts_on": None,
        "starts_at": STARTS,
        "ends_at": STARTS + timedelta(hours=3),
        "mode": "physical",
        "place": None,
        "link": None,
        "capacity": None,
        **changes,
    }


def plan(session: Session, tree: Tree, of: Course, **changes: Any) -> CourseSession:
    """A new session of a course."""
    return sessions.plan(session, tree, planning(of.id, **changes))[0]


def plan_day(session: Session, tree: Tree, of: Course, day: date, **changes: Any) -> CourseSession:
    """A new session of a course, on a day whose hours are not known."""
    return plan(session, tree, of, starts_on=day, starts_at=None, ends_at=None, **changes)


def enrol(session: Session, held: CourseSession, *members: UUID) -> list[str]:
    """Enrol them as the route does; answers their states."""
    who = enrolments.hold(session, members)
    found = enrolments.enrol(session, held, [who[each] for each in members])
    return [each.state for each in found]


def states(session: Session, held: CourseSession) -> dict[UUID | None, str]:
    """The state of each who ever enrolled in a session, in turn."""
    query = select(Enrolment).where(Enrolment.session_id == held.id).order_by(Enrolment.number)
    return {each.member_id: each.state for each in session.scalars(query)}


def done(
    session: Session, held: CourseSession, member_id: UUID, on: date, key: UUID | None = None
) -> tuple[Completion, bool]:
    """Complete the course as the route does."""
    return complete(session, held, {"id": key, "member_id": member_id, "completed_on": on})


def completions(session: Session) -> Iterator[tuple[UUID, UUID]]:
    """Who completed which course."""
    for each in session.scalars(select(Completion)):
        yield each.member_id, each.course_id
