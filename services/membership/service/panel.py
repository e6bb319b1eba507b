"""The routes of the member panel, and the timer that closes its waves."""

from typing import Any
from uuid import UUID

import structlog
from eventlet import sleep
from nameko.timer import timer
from sqlalchemy.orm import Session

from infra import clock
from infra.database import AWAY
from infra.fields import Paging
from infra.http import Created, route
from infra.units import ROOT
from services.membership import drawing, panel
from services.membership.panel import Wave
from services.membership.schemas.panel import (
    CloseRequest,
    InvitationsAnswer,
    InvitationsRequest,
    PanelRequest,
    PanelTaken,
    WaveAnswer,
    WaveRequest,
)
from services.membership.service.dependencies import Base

WAVE = WaveAnswer()
INVITATIONS = InvitationsAnswer()

log = structlog.get_logger("membership")


class PanelRoutes(Base):
    """The member panel: waves, invitations, answers. It is the whole party's."""

    @route(
        "POST",
        "/panel/waves",
        scope="membership:write",
        body=WaveRequest,
        answer=WaveAnswer,
        creates=True,
    )
    def plan_wave(self, body: dict[str, Any]) -> Created:
        """Plan a wave."""
        with self.database.writing() as session:
            self._must_reach_all(session)
            wave, new = panel.plan(session, body)
            return Created(_shown(session, wave), new)

    @route(
        "GET",
        "/panel/waves",
        scope="membership:read",
        query=Paging,
        answer=WaveAnswer,
        many=True,
    )
    def list_waves(self, query: dict[str, Any]) -> dict[str, Any]:
        """The waves, the last to open first."""
        with self.database.reading() as session:
            self._must_reach_all(session)
            page = panel.waves(session, query)
            items = panel.counted(session, page.items)
        return {"items": WAVE.dump(items, many=True), "next": page.next}

    @route("GET", "/panel/waves/<uuid:wave_id>", scope="membership:read", answer=WaveAnswer)
    def read_wave(self, wave_id: UUID) -> dict[str, Any]:
        """One wave."""
        with self.database.reading() as session:
            self._must_reach_all(session)
            return _shown(session, panel.get(session, wave_id))

    @route(
        "POST",
        "/panel/waves/<uuid:wave_id>/invitations",
        scope="membership:write",
        body=InvitationsRequest,
        answer=InvitationsAnswer,
        creates=True,
    )
    def invite(self, wave_id: UUID, body: dict[str, Any]) -> Created:
        """Draw members at random, and tell each one's token: this once, and never again."""
        with self.database.writing() as session:
            self._must_reach_all(session)
            tree = self.tree.as_of(session)
            draw, told = drawing.invite(session, tree, wave_id, body)
        invitations = [{"member_id": member_id, "token": token} for member_id, token in told or ()]
        columns = {name: getattr(draw, name) for name in ("wave_id", "seed", "size", "invited")}
        answer = INVITATIONS.dump({**columns, "invitations": invitations})
        return Created(answer, told is not None)

    @route(
        "POST",
        "/panel/waves/<uuid:wave_id>/close",
        scope="membership:write",
        body=CloseRequest,
        answer=WaveAnswer,
    )
    def close_wave(self, wave_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Take no more answers, and publish those that came."""
        with self.database.writing() as session:
            self._must_reach_all(session)
            return _shown(session, panel.close(session, wave_id))

    @route(
        "POST",
        "/panel/answers",
        scope=None,
        body=PanelRequest,
        answer=PanelTaken,
        creates=True,
        anonymous=True,
    )
    def answer_panel(self, body: dict[str, Any]) -> Created:
        """Answer the panel with a token from an invitation, once."""
        with self.database.writing() as session:
            panel.answer(session, body.pop("token"), body)
        return Created({"taken": True}, new=True)

    @timer(interval=60, eager=True)
    def close_waves(self) -> None:
        """Close the waves whose last day has passed."""
        try:
            while self._close_one():
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _close_one(self) -> bool:
        with self.database.writing() as session:
            return panel.close_one(session, clock.today())

    def _must_reach_all(self, session: Session) -> None:
        self.caller.must_reach(self.tree.as_of(session), ROOT)


def _shown(session: Session, wave: Wave) -> dict[str, Any]:
    shown: dict[str, Any] = WAVE.dump(panel.counted(session, [wave])[0])
    return shown
