"""The routes of courses, and of who completed them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.http import Created, route
from infra.service import Service
from services.training import completing, courses, reviews, sessions
from services.training.courses import Course
from services.training.schemas.courses import (
    CompletionAnswer,
    CompletionRequest,
    CourseAnswer,
    CourseRequest,
    CoursesQuery,
    RequiredRequest,
)

COMPLETION = CompletionAnswer()
COURSE = CourseAnswer()


class CourseRoutes(Service):
    """Courses, what they require, completions."""

    @route(
        "POST",
        "/courses",
        scope="training:write",
        body=CourseRequest,
        answer=CourseAnswer,
        creates=True,
    )
    def create_course(self, body: dict[str, Any]) -> Created:
        """Create a course, with the courses to complete before it."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            course, new = courses.create(session, tree, body)
            (shown,) = _shown(session, [course])
        return Created(shown, new)

    @route(
        "PUT",
        "/courses/<uuid:course_id>/required",
        scope="training:write",
        body=RequiredRequest,
        answer=CourseAnswer,
    )
    def require_courses(self, course_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Say which courses are to be completed before this one, in place of those before."""
        with self.database.writing() as session:
            course = courses.get(session, course_id, lock=True)
            self.caller.must_reach(self.units.tree(session), course.unit)
            courses.require(session, course, body["required"])
            (shown,) = _shown(session, [course])
        return shown

    @route(
        "GET",
        "/courses",
        scope="training:read",
        query=CoursesQuery,
        answer=CourseAnswer,
        many=True,
    )
    def list_courses(self, query: dict[str, Any]) -> dict[str, Any]:
        """The courses of a unit, of all below it, and of those above it."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = courses.listed(session, tree, query)
            items = _shown(session, page.items)
        return {"items": items, "next": page.next}

    @route("GET", "/courses/<uuid:course_id>", scope="training:read", answer=CourseAnswer)
    def read_course(self, course_id: UUID) -> dict[str, Any]:
        """A course, with what it requires."""
        with self.database.reading() as session:
            course = courses.get(session, course_id)
            tree = self.units.tree(session)
            # What is of a unit above holds for the caller's as well.
            if not tree.within(self.caller.unit, course.unit):
                self.caller.must_reach(tree, course.unit)
            (shown,) = _shown(session, [course])
        return shown

    @route(
        "POST",
        "/sessions/<uuid:session_id>/completions",
        scope="training:write",
        body=CompletionRequest,
        answer=CompletionAnswer,
        creates=True,
    )
    def complete_course(self, session_id: UUID, body: dict[str, Any]) -> Created:
        """Record that one who was enrolled completed the session's course, counted once."""
        with self.database.writing() as session:
            held = sessions.get(session, session_id, lock=True)
            self.caller.must_reach(self.units.tree(session), held.unit)
            completion, new = completing.complete(session, held, body)
        return Created(COMPLETION.dump(completion), new)


def _shown(session: Session, found: Sequence[Course]) -> list[dict[str, Any]]:
    ids = [course.id for course in found]
    required, grades = courses.required(session, ids), reviews.of_courses(session, ids)
    return [
        COURSE.dump(
            {
                **{name: getattr(course, name) for name in ("id", "kind", "title", "unit")},
                "version": course.version,
                "required": required[course.id],
                **grades.get(course.id, reviews.HIDDEN)._asdict(),
            }
        )
        for course in found
    ]
