"""The routes of the sessions in which courses are held."""

from typing import Any
from uuid import UUID

from infra import clock
from infra.calendar_text import CONTENT_TYPE, written
from infra.http import Created, Raw, route
from infra.service import Service
from services.training import courses, enrolments, reviews, session_calendars, sessions
from services.training.schemas.sessions import (
    SessionAnswer,
    SessionCancelRequest,
    SessionChange,
    SessionRequest,
    SessionsQuery,
)
from services.training.sessions import CourseSession

SESSION = SessionAnswer()


class SessionRoutes(Service):
    """Sessions: plan, change, cancel, find, take into a calendar."""

    @route(
        "POST",
        "/sessions",
        scope="training:write",
        body=SessionRequest,
        answer=SessionAnswer,
        creates=True,
    )
    def plan_session(self, body: dict[str, Any]) -> Created:
        """Plan a session of a course."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            planned, new = sessions.plan(session, tree, body)
        return Created(_shown(planned), new)

    @route(
        "PATCH",
        "/sessions/<uuid:session_id>",
        scope="training:write",
        body=SessionChange,
        answer=SessionAnswer,
    )
    def change_session(self, session_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Change when, where or for how many it is; those who wait get places that are new."""
        with self.database.writing() as session:
            held = sessions.get(session, session_id, lock=True)
            tree = self.units.tree(session)
            self.caller.must_reach(tree, held.unit)
            if sessions.changed(tree, held, body):
                enrolments.fit(session, held)
        return _shown(held)

    @route(
        "GET",
        "/sessions",
        scope="training:read",
        query=SessionsQuery,
        answer=SessionAnswer,
        many=True,
    )
    def list_sessions(self, query: dict[str, Any]) -> dict[str, Any]:
        """The sessions of a unit and all below it, the first day first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = sessions.listed(session, tree, query)
        return {"items": [_shown(held) for held in page.items], "next": page.next}

    @route("GET", "/sessions/<uuid:session_id>", scope="training:read", answer=SessionAnswer)
    def read_session(self, session_id: UUID) -> dict[str, Any]:
        """A session."""
        with self.database.reading() as session:
            held = sessions.get(session, session_id)
            self.caller.must_reach(self.units.tree(session), held.unit)
        return _shown(held)

    @route("GET", "/sessions/<uuid:session_id>/calendar.ics", scope="training:read")
    def read_session_calendar(self, session_id: UUID) -> Raw:
        """A session as iCalendar, for its participants."""
        with self.database.reading() as session:
            held = sessions.get(session, session_id)
            tree = self.units.tree(session)
            self.caller.must_reach(tree, held.unit)
            course = courses.get(session, held.course_id)
            occasion = session_calendars.occasion(tree, held, course)
        text = written(str(held.id), course.title, clock.today(), (occasion,))
        return Raw.tagged(text, CONTENT_TYPE)

    @route(
        "POST",
        "/sessions/<uuid:session_id>/cancel",
        scope="training:write",
        body=SessionCancelRequest,
        answer=SessionAnswer,
    )
    def cancel_session(self, session_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Cancel a session, which ends all enrolments."""
        with self.database.writing() as session:
            held = sessions.get(session, session_id, lock=True)
            self.caller.must_reach(self.units.tree(session), held.unit)
            enrolments.cancel(session, held, body["reason"])
        return _shown(held)


def _shown(held: CourseSession) -> dict[str, Any]:
    return {**SESSION.dump(held), **reviews.of_session(held)._asdict()}
