"""The routes of the yearly conference."""

from typing import Any
from uuid import UUID

from infra.http import route
from infra.service import Service
from services.campaign import conferences
from services.campaign.schemas.conferences import (
    ConferenceAttendanceReply,
    ConferenceQuery,
    ConferenceReply,
    ConferenceRequest,
)

ATTENDANCE = ConferenceAttendanceReply()
CONFERENCE = ConferenceReply()


class ConferenceRoutes(Service):
    """The yearly conference: planned as an activity of the party; here is who was there."""

    @route(
        "POST",
        "/conferences/<uuid:activity_id>/attendance",
        scope="campaign:write",
        body=ConferenceRequest,
        answer=ConferenceAttendanceReply,
    )
    def attend_conference(self, activity_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Note that branches and districts were there, each once."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            for unit in body["units"]:
                self.caller.must_reach(tree, unit)
            activity = conferences.attend(session, tree, activity_id, body["units"])
        about = {"activity_id": activity.id, "held_on": activity.held_on}
        told: dict[str, Any] = ATTENDANCE.dump({**body, **about})
        return told

    @route(
        "GET",
        "/conferences/<int:year>",
        scope="campaign:read",
        query=ConferenceQuery,
        answer=ConferenceReply,
    )
    def show_conference(self, year: int, query: dict[str, Any]) -> dict[str, Any]:
        """Who of a unit and all below it was at the conference of a year, and who was not."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            found = conferences.of_year(session, tree, year, query["unit"])
        shown: dict[str, Any] = CONFERENCE.dump(found)
        return shown
