"""The routes of activities."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.http import Created, route
from infra.service import Service
from services.campaign import activities, attendances, planning
from services.campaign.activities import Activity
from services.campaign.schemas.activities import (
    ActivitiesQuery,
    ActivityAnswer,
    ActivityCancelRequest,
    ActivityEvaluationRequest,
    ActivityMoveRequest,
    ActivityRequest,
    AttendanceRequest,
)

ANSWER = ActivityAnswer()


class ActivityRoutes(Service):
    """Activities: planned, moved, held, cancelled, evaluated."""

    @route(
        "POST",
        "/activities",
        scope="campaign:write",
        body=ActivityRequest,
        answer=ActivityAnswer,
        creates=True,
    )
    def plan_activity(self, body: dict[str, Any]) -> Created:
        """Plan an activity."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            activity, new = planning.plan(session, tree, body)
        return Created(ANSWER.dump(activity), new)

    @route(
        "GET",
        "/activities",
        scope="campaign:read",
        query=ActivitiesQuery,
        answer=ActivityAnswer,
        many=True,
    )
    def list_activities(self, query: dict[str, Any]) -> dict[str, Any]:
        """The activities of a unit and all below it, the first day first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = activities.listed(session, tree, query)
        return {"items": ANSWER.dump(page.items, many=True), "next": page.next}

    @route("GET", "/activities/<uuid:activity_id>", scope="campaign:read", answer=ActivityAnswer)
    def show_activity(self, activity_id: UUID) -> dict[str, Any]:
        """One activity."""
        with self.database.reading() as session:
            activity = activities.get(session, activity_id)
            self.caller.must_reach(self.units.tree(session), activity.unit)
        return ANSWER.dump(activity)  # type: ignore[no-any-return]

    @route(
        "PATCH",
        "/activities/<uuid:activity_id>",
        scope="campaign:write",
        body=ActivityMoveRequest,
        answer=ActivityAnswer,
    )
    def move_activity(self, activity_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Move an activity in time while it is planned."""
        with self.database.writing() as session:
            activity = self._take(session, activity_id)
            planning.move(session, self.units.tree(session), activity, body)
        return ANSWER.dump(activity)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/activities/<uuid:activity_id>/attendance",
        scope="campaign:write",
        body=AttendanceRequest,
        answer=ActivityAnswer,
    )
    def record_attendance(self, activity_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Say who came, which makes it held: members are added, the number of guests replaced."""
        with self.database.writing() as session:
            activity = self._take(session, activity_id)
            attendances.record(session, activity, body)
        return ANSWER.dump(activity)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/activities/<uuid:activity_id>/cancel",
        scope="campaign:write",
        body=ActivityCancelRequest,
        answer=ActivityAnswer,
    )
    def cancel_activity(self, activity_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Cancel an activity."""
        with self.database.writing() as session:
            activity = self._take(session, activity_id)
            activities.cancel(session, activity, body["reason"])
        return ANSWER.dump(activity)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/activities/<uuid:activity_id>/evaluation",
        scope="campaign:write",
        body=ActivityEvaluationRequest,
        answer=ActivityAnswer,
    )
    def evaluate_activity(self, activity_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Keep what the unit thought of an activity that was held."""
        with self.database.writing() as session:
            activity = self._take(session, activity_id)
            activity.evaluate(body)
        return ANSWER.dump(activity)  # type: ignore[no-any-return]

    def _take(self, session: Session, activity_id: UUID) -> Activity:
        """The activity, locked, which the caller may change."""
        activity = activities.get(session, activity_id, lock=True)
        self.caller.must_reach(self.units.tree(session), activity.unit)
        return activity
