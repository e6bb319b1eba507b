"""The routes of sign-ups to activities."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from infra.service import Service
from services.campaign import activities, signups
from services.campaign.schemas.signups import (
    SignupAnswer,
    SignupCancelRequest,
    SignupRequest,
    SignupsQuery,
)

ANSWER = SignupAnswer()


class SignupRoutes(Service):
    """Who means to come, and who waits for a place."""

    @route(
        "POST",
        "/activities/<uuid:activity_id>/signups",
        scope="campaign:write",
        body=SignupRequest,
        answer=SignupAnswer,
        creates=True,
    )
    def sign_up(self, activity_id: UUID, body: dict[str, Any]) -> Created:
        """Sign a member or a prospect up; over the limit they wait for a place."""
        with self.database.writing() as session:
            activity = activities.get(session, activity_id, lock=True)
            self.caller.must_reach(self.units.tree(session), activity.unit)
            signup, new = signups.sign_up(session, activity, body)
        return Created(ANSWER.dump(signup), new)

    @route(
        "GET",
        "/activities/<uuid:activity_id>/signups",
        scope="campaign:read",
        query=SignupsQuery,
        answer=SignupAnswer,
        many=True,
    )
    def list_signups(self, activity_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """The sign-ups to an activity, in turn."""
        with self.database.reading() as session:
            activity = activities.get(session, activity_id)
            self.caller.must_reach(self.units.tree(session), activity.unit)
            page = signups.listed(session, activity, query)
        return {"items": ANSWER.dump(page.items, many=True), "next": page.next}

    @route(
        "POST",
        "/activities/<uuid:activity_id>/signups/<uuid:signup_id>/cancel",
        scope="campaign:write",
        body=SignupCancelRequest,
        answer=SignupAnswer,
    )
    def cancel_signup(
        self, activity_id: UUID, signup_id: UUID, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Cancel a sign-up; whoever waited longest moves up."""
        with self.database.writing() as session:
            activity = activities.get(session, activity_id, lock=True)
            self.caller.must_reach(self.units.tree(session), activity.unit)
            signup = signups.cancel(session, activity, signup_id)
        return ANSWER.dump(signup)  # type: ignore[no-any-return]
