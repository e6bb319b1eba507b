"""The routes of prospects, and the timer that deletes the old ones."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog
from eventlet import sleep
from nameko.timer import timer
from sqlalchemy.orm import Session

from infra import clock
from infra.database import AWAY
from infra.http import Created, route
from infra.units import Tree
from services.membership import asks, funnel, prospect_keeping, prospects, recruiting
from services.membership.schemas.personal import MaySayWhy
from services.membership.schemas.prospects import (
    AskAnswer,
    AskRequest,
    DeclineRequest,
    FunnelAnswer,
    FunnelQuery,
    ProspectAnswer,
    ProspectRequest,
    ProspectsQuery,
    ShownProspectAnswer,
)
from services.membership.service.looking import Looking

CHUNK = 500
"""Prospects that one transaction deletes, so that nothing else waits long."""

ASK = AskAnswer()
FUNNEL = FunnelAnswer()
PROSPECT = ProspectAnswer()

log = structlog.get_logger("membership")


class ProspectRoutes(Looking):
    """Prospects: register, ask, decline; the list of whom to ask, and the funnel."""

    @route(
        "POST",
        "/prospects",
        scope="membership:write",
        body=ProspectRequest,
        answer=ProspectAnswer,
        creates=True,
    )
    def register_prospect(self, body: dict[str, Any]) -> Created:
        """Keep somebody who consented to be contacted."""
        vault = self.open_vault()
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            prospect, new = prospects.register(session, tree, body, vault)
        return Created(PROSPECT.dump(prospect), new)

    @route(
        "GET",
        "/prospects",
        scope="membership:read",
        query=ProspectsQuery,
        answer=ProspectAnswer,
        many=True,
    )
    def list_prospects(self, query: dict[str, Any]) -> dict[str, Any]:
        """Whom to ask in a unit and all below it, those first who have waited longest."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = recruiting.recruits(session, tree, query)
        return {"items": PROSPECT.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/prospects/<uuid:prospect_id>",
        scope="membership:read",
        headers=MaySayWhy,
        answer=ShownProspectAnswer,
    )
    def read_prospect(self, prospect_id: UUID, headers: dict[str, Any]) -> dict[str, Any]:
        """One prospect; with a purpose also who it is, which is noted in the access log."""
        with self.look(headers["purpose"]) as look:
            prospect = prospects.get(look.session, prospect_id)
            self.caller.must_reach(self.tree.as_of(look.session), prospect.unit)
            shown: dict[str, Any] = PROSPECT.dump(prospect)
            if look.vault is not None:
                look.note([prospect.id], "read")
                shown["personal"] = prospects.opened(look.vault, prospect)
        return shown

    @route(
        "POST",
        "/prospects/<uuid:prospect_id>/asks",
        scope="membership:write",
        body=AskRequest,
        answer=AskAnswer,
        creates=True,
    )
    def ask_prospect(self, prospect_id: UUID, body: dict[str, Any]) -> Created:
        """Record that somebody asked a prospect to become a member."""
        with self.database.writing() as session:
            self._must_reach_prospect(session, self.tree.as_of(session), prospect_id)
            ask, new = asks.ask(session, prospect_id, body)
        return Created(ASK.dump(ask), new)

    @route(
        "POST",
        "/prospects/<uuid:prospect_id>/decline",
        scope="membership:write",
        body=DeclineRequest,
        answer=ProspectAnswer,
    )
    def decline_prospect(self, prospect_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Note that a prospect does not want to be asked any more."""
        with self.database.writing() as session:
            self._must_reach_prospect(session, self.tree.as_of(session), prospect_id)
            prospect, _ = prospects.decline(session, prospect_id, body)
        shown: dict[str, Any] = PROSPECT.dump(prospect)
        return shown

    @route("GET", "/funnel", scope="membership:read", query=FunnelQuery, answer=FunnelAnswer)
    def show_funnel(self, query: dict[str, Any]) -> dict[str, Any]:
        """How far the prospects of a unit, and all below it, have come; of a period, or all."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            found = funnel.funnel(session, tree, query["unit"], query["first"], query["last"])
        shown: dict[str, Any] = FUNNEL.dump(found)
        return shown

    @timer(interval=3600, eager=True)
    def delete_old_prospects(self) -> None:
        """Delete what is known of prospects nobody turned into members, in short transactions."""
        before = clock.today() - timedelta(days=self.settings.prospect_days)
        try:
            while self._delete_some(before) == CHUNK:
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _delete_some(self, before: date) -> int:
        with self.database.writing() as session:
            return prospect_keeping.delete_old(session, before, CHUNK)

    def _must_reach_prospect(self, session: Session, tree: Tree, prospect_id: UUID) -> None:
        prospect = prospects.get(session, prospect_id, lock=True)
        self.caller.must_reach(tree, prospect.unit)
