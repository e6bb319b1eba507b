"""What becomes of members who are erased, or turn out to be others."""

from sqlalchemy.orm import Session

from infra.event import Event
from infra.service import Service, subscribe
from services.campaign import people
from services.campaign.schemas.people import ErasedData, MergedData


class PeopleEvents(Service):
    """What is read of membership's events about members."""

    @subscribe("membership.member_erased.v1", ErasedData)
    def forget_members(self, session: Session, events: list[Event]) -> None:
        """Keep nothing by the ids of those who are erased."""
        people.erase(session, {event.data["member_id"] for event in events})

    @subscribe("membership.member_merged.v1", MergedData)
    def merge_members(self, session: Session, events: list[Event]) -> None:
        """What was of one member is of the other that they turned out to be."""
        for event in events:
            people.merge(session, event.data["member_id"], event.data["into_id"])
