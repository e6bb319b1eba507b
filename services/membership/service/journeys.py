"""The routes of the welcome journey, and what is heard of it from the other services."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.event import Event
from infra.http import route
from infra.service import subscribe
from services.membership import journeys, members, welcome
from services.membership.schemas.journeys import (
    AttendedData,
    CompletedData,
    JourneyAnswer,
    ObligationData,
    WelcomeAnswer,
    WelcomeQuery,
)
from services.membership.service.dependencies import Base

JOURNEY = JourneyAnswer()
WELCOME = WelcomeAnswer()


class JourneyRoutes(Base):
    """The way of new members."""

    @route(
        "GET",
        "/members/<uuid:member_id>/journey",
        scope="membership:read",
        answer=JourneyAnswer,
    )
    def read_journey(self, member_id: UUID) -> dict[str, Any]:
        """A member's way from joining to the first task."""
        with self.database.reading() as session:
            member = members.get(session, member_id)
            self.caller.must_reach(self.tree.as_of(session), member.unit)
            found = journeys.told(session, member)
        return JOURNEY.dump(found)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/welcome",
        scope="membership:read",
        query=WelcomeQuery,
        answer=WelcomeAnswer,
    )
    def list_newcomers(self, query: dict[str, Any]) -> dict[str, Any]:
        """The welcome officer's list: new members by deadline, vacancies, free mentors."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = welcome.newcomers(session, tree, query)
            found = {
                "items": page.items,
                "next": page.next,
                "vacancies": welcome.lacking(session, tree, query["unit"]),
                "mentor_ids": welcome.free_mentors(session, tree, query["unit"]),
            }
        return WELCOME.dump(found)  # type: ignore[no-any-return]

    @subscribe("training.obligation_opened.v1", ObligationData)
    @subscribe("training.obligation_met.v1", ObligationData)
    def follow_obligations(self, session: Session, events: list[Event]) -> None:
        """Take over what new members are owed, and what they were offered."""
        journeys.follow(session, events)

    @subscribe("training.course_completed.v1", CompletedData)
    def follow_courses(self, session: Session, events: list[Event]) -> None:
        """Take over what new members completed."""
        journeys.complete(session, events)

    @subscribe("campaign.activity_attended.v1", AttendedData)
    def follow_activities(self, session: Session, events: list[Event]) -> None:
        """Take over when new members first were at an activity."""
        journeys.attend(session, events)
