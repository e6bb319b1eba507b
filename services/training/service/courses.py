"""The routes of courses, their sessions, and who completed them."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from infra.service import Service
from services.training import courses
from services.training.schemas.courses import (
    CompletionAnswer,
    CompletionRequest,
    CourseRequest,
    SessionRequest,
)

COMPLETION = CompletionAnswer()
COURSE = CourseRequest()
SESSION = SessionRequest()


class CourseRoutes(Service):
    """Courses, sessions, completions."""

    @route(
        "POST",
        "/courses",
        scope="training:write",
        body=CourseRequest,
        answer=CourseRequest,
        creates=True,
    )
    def create_course(self, body: dict[str, Any]) -> Created:
        """Create a course."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            course, new = courses.create(session, tree, body)
        return Created(COURSE.dump(course), new)

    @route(
        "POST",
        "/sessions",
        scope="training:write",
        body=SessionRequest,
        answer=SessionRequest,
        creates=True,
    )
    def plan_session(self, body: dict[str, Any]) -> Created:
        """Plan a session of a course."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            planned, new = courses.plan(session, tree, body)
        return Created(SESSION.dump(planned), new)

    @route(
        "POST",
        "/sessions/<uuid:session_id>/completions",
        scope="training:write",
        body=CompletionRequest,
        answer=CompletionAnswer,
        creates=True,
    )
    def complete_course(self, session_id: UUID, body: dict[str, Any]) -> Created:
        """Record that a member completed the session's course, counted once."""
        with self.database.writing() as session:
            held = courses.get_session(session, session_id)
            self.caller.must_reach(self.units.tree(session), held.unit)
            completion, new = courses.complete(session, held, body)
        return Created(COMPLETION.dump(completion), new)
