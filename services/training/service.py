"""Training: what members are to be offered, and the courses they complete."""

from functools import partial
from typing import Any
from uuid import UUID

import structlog
from eventlet import sleep
from nameko.timer import timer
from sqlalchemy.orm import Session

from infra import batch, clock, http, units
from infra.database import AWAY
from infra.event import Event
from infra.fields import UnitData
from infra.http import Created, route
from infra.rpc import rpc
from infra.service import Service, subscribe
from services.training import courses, merging, obligations, offers, queries
from services.training.schemas import (
    CompletionAnswer,
    CompletionRequest,
    CourseRequest,
    ErasedData,
    JoinedData,
    LeftData,
    MemberRequest,
    MergedData,
    ObligationAnswer,
    ObligationsQuery,
    OfferAnswer,
    OfferRequest,
    SessionRequest,
    SummaryAnswer,
    SummaryQuery,
    UnitOfferAnswer,
    UnitOfferRequest,
)

CHUNK = 500
"""Obligations that one transaction changes, so that nothing else waits long."""

ANSWER = ObligationAnswer()
COMPLETION = CompletionAnswer()
COURSE = CourseRequest()
MEMBER = MemberRequest()
OFFER = OfferRequest()
OFFER_ANSWER = OfferAnswer()
SESSION = SessionRequest()
SUMMARY = SummaryAnswer()

log = structlog.get_logger("training")


class TrainingService(Service):
    """Routes, RPC, subscriptions and the timer of training."""

    name = "training"

    @route(
        "POST",
        "/offers",
        scope="training:write",
        body=OfferRequest,
        answer=OfferAnswer,
        creates=True,
    )
    def record_offer(self, body: dict[str, Any]) -> Created:
        """Record an offer: the first one meets the obligation of its kind."""
        with self.database.writing() as session:
            reaches = partial(self.caller.reaches, self.units.tree(session))
            offer, new = offers.offer(session, reaches, body)
        return Created(OFFER_ANSWER.dump(offer), new)

    @route(
        "POST",
        "/offers/batch",
        scope="training:write",
        body=batch.Batch,
        answer=batch.BatchAnswer,
    )
    def record_offers(self, body: dict[str, Any]) -> dict[str, Any]:
        """Record up to 1,000 offers, each answered."""
        loaded = batch.load_items(OFFER, body["items"])
        with self.database.writing() as session:
            reaches = partial(self.caller.reaches, self.units.tree(session))
            outcomes = offers.offer_all(session, reaches, loaded.good)
        return loaded.answer(outcomes)

    @route(
        "POST",
        "/offers/unit",
        scope="training:write",
        body=UnitOfferRequest,
        answer=UnitOfferAnswer,
    )
    def offer_to_unit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Record an offer to everyone in a unit, and below it, who is owed one.

        Chunk by chunk; sent again after an interruption it goes on with those still owed.
        """
        offered = 0
        while True:
            with self.database.writing() as session:
                tree = self.units.tree(session)
                self.caller.must_reach(tree, body["unit"])
                count = offers.offer_unit(session, tree, body, CHUNK)
            offered += count
            if count < CHUNK:
                return {"offered": offered}
            sleep(0)

    @route(
        "GET",
        "/obligations",
        scope="training:read",
        query=ObligationsQuery,
        answer=ObligationAnswer,
        many=True,
    )
    def list_obligations(self, query: dict[str, Any]) -> dict[str, Any]:
        """The obligations of a unit and all below it, in the order of what is due next."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = queries.obligations(session, tree, query)
        return {"items": ANSWER.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/obligations/summary",
        scope="training:read",
        query=SummaryQuery,
        answer=SummaryAnswer,
    )
    def summarise_obligations(self, query: dict[str, Any]) -> dict[str, Any]:
        """How many obligations of a unit and all below it have each status."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            summary = queries.summary(session, tree, query["unit"], clock.today())
        return SUMMARY.dump(summary)  # type: ignore[no-any-return]

    @rpc(scope="training:read")
    def get_obligations(self, member_id: Any) -> dict[str, Any]:
        """The obligations of one member, as GET /obligations; those out of reach are left out."""
        wanted = http.load(MEMBER, {"member_id": member_id})["member_id"]
        with self.database.reading() as session:
            tree = self.units.tree(session)
            found = queries.of_member(session, wanted)
            reached = [each for each in found if self.caller.reaches(tree, each.unit)]
        return {"items": ANSWER.dump(reached, many=True), "next": None}

    @route(
        "POST",
        "/courses",
        scope="training:write",
        body=CourseRequest,
        answer=CourseRequest,
        creates=True,
    )
    def create_course(self, body: dict[str, Any]) -> Created:
        """Create a course."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            course, new = courses.create(session, tree, body)
        return Created(COURSE.dump(course), new)

    @route(
        "POST",
        "/sessions",
        scope="training:write",
        body=SessionRequest,
        answer=SessionRequest,
        creates=True,
    )
    def plan_session(self, body: dict[str, Any]) -> Created:
        """Plan a session of a course."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            planned, new = courses.plan(session, tree, body)
        return Created(SESSION.dump(planned), new)

    @route(
        "POST",
        "/sessions/<uuid:session_id>/completions",
        scope="training:write",
        body=CompletionRequest,
        answer=CompletionAnswer,
        creates=True,
    )
    def complete_course(self, session_id: UUID, body: dict[str, Any]) -> Created:
        """Record that a member completed the session's course, counted once."""
        with self.database.writing() as session:
            held = courses.get_session(session, session_id)
            self.caller.must_reach(self.units.tree(session), held.unit)
            completion, new = courses.complete(session, held, body)
        return Created(COMPLETION.dump(completion), new)

    @subscribe("membership.member_joined.v1", JoinedData)
    def open_obligations(self, session: Session, events: list[Event]) -> None:
        """Open what a join entitles to."""
        obligations.open_all(session, events)

    @subscribe("membership.member_left.v1", LeftData)
    def cancel_obligations(self, session: Session, events: list[Event]) -> None:
        """Cancel what was owed to those who left."""
        obligations.cancel_all(session, events)

    @subscribe("membership.member_merged.v1", MergedData)
    def annul_obligations(self, session: Session, events: list[Event]) -> None:
        """Cancel whatever was owed to those who turned out to be other members."""
        merging.annul_all(session, events)

    @subscribe("membership.member_erased.v1", ErasedData)
    def forget_members(self, session: Session, events: list[Event]) -> None:
        """Keep nothing but ids, days and kinds of those who are erased."""
        offers.forget_all(session, {event.data["member_id"] for event in events})

    @subscribe("membership.unit_registered.v1", UnitData)
    @subscribe("membership.unit_changed.v1", UnitData)
    def copy_units(self, session: Session, events: list[Event]) -> None:
        """Keep the copy of the organisation."""
        units.copy(session, events)

    @timer(interval=60, eager=True)
    def mark_overdue(self) -> None:
        """Mark what fell due, in short transactions; what is left waits for the next minute."""
        try:
            while self._mark_some() == CHUNK:
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _mark_some(self) -> int:
        with self.database.writing() as session:
            return obligations.mark_overdue(session, clock.today(), CHUNK)
