"""The routes of obligations, and the run over their deadlines."""

from collections.abc import Callable
from datetime import date
from typing import Any

import structlog
from eventlet import sleep
from nameko.timer import timer
from sqlalchemy.orm import Session

from infra import clock, http
from infra.database import AWAY
from infra.http import route
from infra.rpc import rpc
from infra.service import Service
from services.training import due, opening, queries
from services.training.schemas.obligations import (
    MemberRequest,
    ObligationAnswer,
    ObligationsQuery,
    OpeningAnswer,
    OpeningRequest,
    SummariesQuery,
    SummaryAnswer,
    SummaryQuery,
)

CHUNK = 500
"""Obligations that one transaction changes, so that nothing else waits long."""

ANSWER = ObligationAnswer()
MEMBER = MemberRequest()
SUMMARY = SummaryAnswer()

log = structlog.get_logger("training")


class ObligationRoutes(Service):
    """What is owed to members, and until when."""

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
        "GET",
        "/obligations/summaries",
        scope="training:read",
        query=SummariesQuery,
        answer=SummaryAnswer,
        many=True,
    )
    def sum_up_parts(self, query: dict[str, Any]) -> dict[str, Any]:
        """The sums of each unit one level down, for a district or the party."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            found = queries.summaries(session, tree, query, clock.today())
        return {"items": SUMMARY.dump(found, many=True), "next": None}

    @route(
        "POST",
        "/obligations/open",
        scope="training:write",
        body=OpeningRequest,
        answer=OpeningAnswer,
    )
    def open_introductions(self, body: dict[str, Any]) -> dict[str, Any]:
        """Open the introduction for members from before; it is due a month from today.

        Chunk by chunk; sent again after an interruption it goes on with those who have none.
        """
        opened = 0
        while True:
            with self.database.writing() as session:
                tree = self.units.tree(session)
                self.caller.must_reach(tree, body["unit"])
                count = opening.open_introductions(session, tree, body, CHUNK)
            opened += count
            if count < CHUNK:
                return {"opened": opened}
            sleep(0)

    @timer(interval=60, eager=True)
    def watch_deadlines(self) -> None:
        """Mark what fell due and tell what comes near; what is left waits for the next minute."""
        try:
            for step in (due.mark_overdue, due.remind):
                while self._change(step) == CHUNK:
                    sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _change(self, step: Callable[[Session, date, int], int]) -> int:
        with self.database.writing() as session:
            return step(session, clock.today(), CHUNK)
