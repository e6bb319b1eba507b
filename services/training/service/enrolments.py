"""The routes of who takes part in sessions, and of what they thought of it."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from infra.service import Service
from services.training import enrolments, reviews, sessions
from services.training.schemas.enrolments import (
    EnrolledAnswer,
    EnrolmentAnswer,
    EnrolmentsQuery,
    EnrolRequest,
    SessionReviewAnswer,
    SessionReviewRequest,
    WithdrawEnrolmentRequest,
)

ENROLMENT = EnrolmentAnswer()
REVIEW = SessionReviewAnswer()


class EnrolmentRoutes(Service):
    """Enrolments, the line behind the last place, reviews."""

    @route(
        "POST",
        "/sessions/<uuid:session_id>/enrolments",
        scope="training:write",
        body=EnrolRequest,
        answer=EnrolledAnswer,
    )
    def enrol(self, session_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Enrol members, all or none; behind the last place they wait in line."""
        with self.database.writing() as session:
            who = enrolments.hold(session, body["member_ids"])
            held = sessions.get(session, session_id, lock=True)
            self.caller.must_reach(self.units.tree(session), held.unit)
            wanted = [who[member_id] for member_id in body["member_ids"]]
            found = enrolments.enrol(session, held, wanted)
        return {"items": ENROLMENT.dump(found, many=True)}

    @route(
        "GET",
        "/sessions/<uuid:session_id>/enrolments",
        scope="training:read",
        query=EnrolmentsQuery,
        answer=EnrolmentAnswer,
        many=True,
    )
    def list_enrolments(self, session_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """The enrolments in a session, in turn."""
        with self.database.reading() as session:
            held = sessions.get(session, session_id)
            self.caller.must_reach(self.units.tree(session), held.unit)
            page = enrolments.listed(session, held, query)
        return {"items": ENROLMENT.dump(page.items, many=True), "next": page.next}

    @route(
        "POST",
        "/sessions/<uuid:session_id>/enrolments/<uuid:member_id>/withdraw",
        scope="training:write",
        body=WithdrawEnrolmentRequest,
        answer=EnrolmentAnswer,
    )
    def withdraw_enrolment(
        self, session_id: UUID, member_id: UUID, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Give a place up; whoever waited longest moves up."""
        with self.database.writing() as session:
            held = sessions.get(session, session_id, lock=True)
            self.caller.must_reach(self.units.tree(session), held.unit)
            enrolment = enrolments.withdraw(session, held, member_id)
        return ENROLMENT.dump(enrolment)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/sessions/<uuid:session_id>/reviews",
        scope="training:write",
        body=SessionReviewRequest,
        answer=SessionReviewAnswer,
        creates=True,
    )
    def review_session(self, session_id: UUID, body: dict[str, Any]) -> Created:
        """Keep the grade that one who took part gave, once."""
        with self.database.writing() as session:
            held = sessions.get(session, session_id, lock=True)
            self.caller.must_reach(self.units.tree(session), held.unit)
            kept, new = reviews.review(session, held, body["member_id"], body["grade"])
        return Created(REVIEW.dump(kept), new)
