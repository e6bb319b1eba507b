"""What training hears of members from membership, in any order and however often."""

from sqlalchemy.orm import Session

from infra.event import Event
from infra.service import Service, subscribe
from services.training import hearing, offers, opening, places
from services.training.schemas.people import (
    AssignmentEndedData,
    AssignmentStartedData,
    ErasedData,
    JoinedData,
    LeftData,
    MergedData,
    TransferredData,
)


class PeopleHeard(Service):
    """Joins, leaves, transfers, merges, elected posts, erasures."""

    @subscribe("membership.member_joined.v1", JoinedData)
    def open_obligations(self, session: Session, events: list[Event]) -> None:
        """Open what a join entitles to."""
        opening.open_all(session, events)

    @subscribe("membership.member_left.v1", LeftData)
    def cancel_obligations(self, session: Session, events: list[Event]) -> None:
        """Cancel what was owed to those who left."""
        hearing.take_leaves(session, events)

    @subscribe("membership.member_transferred.v1", TransferredData)
    def move_obligations(self, session: Session, events: list[Event]) -> None:
        """Move what is owed along with the member."""
        hearing.take_moves(session, events)

    @subscribe("membership.member_merged.v1", MergedData)
    def annul_obligations(self, session: Session, events: list[Event]) -> None:
        """Cancel whatever was owed to those who turned out to be other members."""
        hearing.take_merges(session, events)

    @subscribe("membership.assignment_started.v1", AssignmentStartedData)
    @subscribe("membership.assignment_ended.v1", AssignmentEndedData)
    def follow_posts(self, session: Session, events: list[Event]) -> None:
        """Open what an elected post entitles to, and cancel it with the last one."""
        opening.take_posts(session, events)

    @subscribe("membership.member_erased.v1", ErasedData)
    def forget_members(self, session: Session, events: list[Event]) -> None:
        """Keep nothing but ids, days and kinds of those who are erased."""
        members = {event.data["member_id"] for event in events}
        places.forget(session, members)
        offers.forget_all(session, members)
