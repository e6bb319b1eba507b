"""The routes of consultations, and the timer that opens and closes them."""

from typing import Any
from uuid import UUID

import structlog
from eventlet import sleep
from nameko.timer import timer

from infra import csv
from infra.database import AWAY
from infra.errors import Forbidden
from infra.http import Created, Raw, route
from infra.service import Service
from services.campaign import consultation_results, consultation_turns, consultations
from services.campaign.schemas.consultations import (
    ConsultationAnswerReply,
    ConsultationAnswerRequest,
    ConsultationReply,
    ConsultationRequest,
    ConsultationsQuery,
    ResultsQuery,
    ResultsReply,
)

CONSULTATION = ConsultationReply()
ANSWER = ConsultationAnswerReply()
RESULTS = ResultsReply()

log = structlog.get_logger("campaign")


class ConsultationRoutes(Service):
    """Consultations: asked, answered, counted."""

    @route(
        "POST",
        "/consultations",
        scope="campaign:write",
        body=ConsultationRequest,
        answer=ConsultationReply,
        creates=True,
    )
    def ask_members(self, body: dict[str, Any]) -> Created:
        """Ask the members of a unit a question."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            consultation, new = consultations.ask(session, tree, body)
        return Created(CONSULTATION.dump(consultation), new)

    @route(
        "GET",
        "/consultations",
        scope="campaign:read",
        query=ConsultationsQuery,
        answer=ConsultationReply,
        many=True,
    )
    def list_consultations(self, query: dict[str, Any]) -> dict[str, Any]:
        """The consultations that ask members of a unit, the last to open first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = consultation_results.listed(session, tree, query)
        return {"items": CONSULTATION.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/consultations/<uuid:consultation_id>",
        scope="campaign:read",
        answer=ConsultationReply,
    )
    def show_consultation(self, consultation_id: UUID) -> dict[str, Any]:
        """One consultation, for whoever is asked, asks, or stands above one who is asked."""
        with self.database.reading() as session:
            consultation = consultations.get(session, consultation_id)
            if not consultation.concerns(self.units.tree(session), self.caller.unit):
                raise Forbidden("The consultation asks no one in the token's part.")
        return CONSULTATION.dump(consultation)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/consultations/<uuid:consultation_id>/answers",
        scope="campaign:write",
        body=ConsultationAnswerRequest,
        answer=ConsultationAnswerReply,
        creates=True,
    )
    def answer_consultation(self, consultation_id: UUID, body: dict[str, Any]) -> Created:
        """Take a member's answer: one, while the consultation is open."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            answer, new = consultations.answer(session, tree, consultation_id, body)
        return Created(ANSWER.dump(answer), new)

    @route(
        "GET",
        "/consultations/<uuid:consultation_id>/results",
        scope="campaign:read",
        query=ResultsQuery,
        answer=ResultsReply,
    )
    def show_results(self, consultation_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """How a unit and those one level down answered; small counts are hidden until it closes."""
        found: dict[str, Any] = RESULTS.dump(self._results(consultation_id, query["unit"]))
        return found

    @route(
        "GET",
        "/consultations/<uuid:consultation_id>/results.csv",
        scope="campaign:read",
        query=ResultsQuery,
    )
    def export_results(self, consultation_id: UUID, query: dict[str, Any]) -> Raw:
        """The same as a table: a row a unit, a column an option."""
        found = self._results(consultation_id, query["unit"])
        return Raw(consultation_results.as_csv(found), csv.CONTENT_TYPE)

    @timer(interval=5, eager=True)
    def turn_consultations(self) -> None:
        """Tell of each consultation whose time has come to open or to close."""
        try:
            while self._turn_one():
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _turn_one(self) -> bool:
        with self.database.writing() as session:
            return consultation_turns.turn_one(session, self.units.tree(session))

    def _results(self, consultation_id: UUID, unit: str) -> dict[str, Any]:
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, unit)
            consultation = consultations.get(session, consultation_id)
            return consultation_results.results(session, tree, consultation, unit)
