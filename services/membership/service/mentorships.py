"""The routes of mentorships."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from services.membership import mentorships
from services.membership.schemas.assignments import EndRequest
from services.membership.schemas.mentorships import (
    MentorshipAnswer,
    MentorshipRequest,
    MentorshipsQuery,
)
from services.membership.service.dependencies import Base

MENTORSHIP = MentorshipAnswer()


class MentorshipRoutes(Base):
    """Mentorships: start, end, what there is."""

    @route(
        "POST",
        "/mentorships",
        scope="membership:write",
        body=MentorshipRequest,
        answer=MentorshipAnswer,
        creates=True,
    )
    def start_mentorship(self, body: dict[str, Any]) -> Created:
        """Give a member a mentor."""
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            mentorship, new = mentorships.start(session, tree, body)
        return Created(MENTORSHIP.dump(mentorship), new)

    @route(
        "POST",
        "/mentorships/<uuid:mentorship_id>/end",
        scope="membership:write",
        body=EndRequest,
        answer=MentorshipAnswer,
    )
    def end_mentorship(self, mentorship_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """End a mentorship."""
        with self.database.writing() as session:
            unit = mentorships.get(session, mentorship_id, lock=True).unit
            self.caller.must_reach(self.tree.as_of(session), unit)
            mentorship, _ = mentorships.end(session, mentorship_id, body["ended_on"])
        return MENTORSHIP.dump(mentorship)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/mentorships",
        scope="membership:read",
        query=MentorshipsQuery,
        answer=MentorshipAnswer,
        many=True,
    )
    def list_mentorships(self, query: dict[str, Any]) -> dict[str, Any]:
        """The mentorships of a unit and all below it, the last to start first."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = mentorships.listed(session, tree, query)
        return {"items": MENTORSHIP.dump(page.items, many=True), "next": page.next}
