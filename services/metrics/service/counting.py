"""What is counted: the subscriptions of metrics."""

from typing import Any

from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session

from infra import units
from infra.event import Event
from infra.fields import UnitData
from infra.service import Service, subscribe
from infra.units import Unit
from services.metrics import (
    commitments,
    counters,
    facts,
    leaders,
    officers,
    placements,
    standings,
    versions,
)
from services.metrics.activities import CountedActivity
from services.metrics.assignments import CountedAssignment
from services.metrics.commitments import CountedCommitment
from services.metrics.counters import DayCounter, YearCounter, undone
from services.metrics.doubles import CountedDouble
from services.metrics.leaders import CountedOffer
from services.metrics.obligations import CountedObligation
from services.metrics.placements import Known, Placement
from services.metrics.schemas.heard import (
    ActivityData,
    CommitmentData,
    ConferenceData,
    ConversationData,
    EndedData,
    JoinedData,
    LeftData,
    MergedData,
    ObligationData,
    StartedData,
    TransferredData,
)

RULES = {
    "membership.member_joined.v1": facts.member_joined,
    "membership.member_left.v1": facts.member_left,
    "membership.member_transferred.v1": facts.member_transferred,
    "campaign.conversation_logged.v1": facts.conversation_logged,
    "campaign.conversation_voided.v1": facts.conversation_voided,
    "campaign.conference_attended.v1": facts.conference_attended,
}


COUNTED = (
    Unit,
    Placement,
    CountedActivity,
    CountedAssignment,
    CountedCommitment,
    CountedDouble,
    CountedObligation,
    CountedOffer,
    DayCounter,
    YearCounter,
)
"""What the subscription writes, and a rebuild builds anew."""


class KnownPlacements(DependencyProvider):
    """`self.placements`: where units have stood, kept in memory between batches."""

    def setup(self) -> None:
        """Nothing is known before the first batch."""
        self._known = Known()

    def get_dependency(self, worker_ctx: Any) -> Known:
        """The places."""
        return self._known


class Counting(Service):
    """Every event that moves a counter."""

    placements = KnownPlacements()

    @subscribe("membership.member_joined.v1", JoinedData)
    @subscribe("membership.member_left.v1", LeftData)
    @subscribe("membership.member_transferred.v1", TransferredData)
    @subscribe("campaign.conversation_logged.v1", ConversationData)
    @subscribe("campaign.conversation_voided.v1", ConversationData)
    @subscribe("campaign.conference_attended.v1", ConferenceData)
    def count(self, session: Session, events: list[Event]) -> None:
        """Add what happened to the counters, at every level."""
        increments = [increment for e in events for increment in RULES[e.type](e.data)]
        counters.add(session, self.placements.exact(session), increments)

    @subscribe("membership.member_merged.v1", MergedData)
    def count_merges(self, session: Session, events: list[Event]) -> None:
        """Take back what a mistake added; the posts that it held another member holds."""
        known = self.placements.exact(session)
        taken_back = [increment for e in events for increment in facts.member_merged(e.data)]
        counters.add(session, known, [*taken_back, *leaders.take_merges(session, events)])

    @subscribe("training.obligation_opened.v1", ObligationData)
    @subscribe("training.obligation_met.v1", ObligationData)
    @subscribe("training.obligation_overdue.v1", ObligationData)
    @subscribe("training.obligation_cancelled.v1", ObligationData)
    @subscribe("training.obligation_reopened.v1", ObligationData)
    @subscribe("training.obligation_moved.v1", ObligationData)
    def count_obligations(self, session: Session, events: list[Event]) -> None:
        """Keep the shares of obligations that were met on time, and of leaders with an offer."""
        timed = [event for event in events if event.data["kind"] != leaders.EDUCATION]
        increments = versions.take(session, CountedObligation, "obligation_id", timed)
        increments += leaders.take_offers(session, events)
        counters.add(session, self.placements.exact(session), increments)

    @subscribe("membership.assignment_started.v1", StartedData)
    @subscribe("membership.assignment_ended.v1", EndedData)
    def count_assignments(self, session: Session, events: list[Event]) -> None:
        """Keep which units have their officers, and who holds an elected post."""
        # Known first: no unit becomes of another kind from then on.
        known = self.placements.exact(session)
        increments = [*officers.take(session, events), *leaders.take_posts(session, events)]
        counters.add(session, known, increments)

    @subscribe("membership.commitment_fulfilled.v1", CommitmentData)
    def count_commitments(self, session: Session, events: list[Event]) -> None:
        """Keep what units have fulfilled of what they undertake."""
        known = self.placements.exact(session)
        counters.add(session, known, commitments.take(session, events))

    @subscribe("campaign.activity_held.v1", ActivityData)
    @subscribe("campaign.activity_cancelled.v1", ActivityData)
    def count_activities(self, session: Session, events: list[Event]) -> None:
        """Count the activities that were held, and who was there, as is last known."""
        increments = versions.take(session, CountedActivity, "activity_id", events)
        counters.add(session, self.placements.exact(session), increments)

    @subscribe("membership.unit_registered.v1", UnitData)
    @subscribe("membership.unit_changed.v1", UnitData)
    def place_units(self, session: Session, events: list[Event]) -> None:
        """Keep the copy of the organisation, and work out again what it changes."""
        changes = units.copy(session, events)
        before = placements.load(session)
        moved = placements.record(session, events)
        after = placements.load(session)
        counters.move(session, before, after, moved)
        stood, stand = standings.changed(changes)
        for counted in (officers.held, commitments.fulfilled):
            news = [*undone(counted(session, stood)), *counted(session, stand)]
            counters.add(session, after, news)
