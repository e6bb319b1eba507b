"""The routes of areas and of who has them, and the timer by which they come back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from eventlet import sleep
from nameko.timer import timer
from sqlalchemy.orm import Session

from infra import clock
from infra.database import AWAY
from infra.http import Created, route
from infra.service import Service
from services.campaign import (
    area_assignments,
    area_lists,
    area_returns,
    area_rounds,
    areas,
    hand_outs,
    progress,
)
from services.campaign.areas import Area
from services.campaign.schemas.areas import (
    AreaAnswer,
    AreaAssignmentAnswer,
    AreaAssignmentRequest,
    AreaChange,
    AreaDoneAnswer,
    AreaRequest,
    AreasQuery,
    HandOutRequest,
    ReleaseRequest,
    RoundRequest,
)

CHUNK = 500
"""Assignments that one transaction of the timer changes, so that nothing else waits long."""

AREA = AreaAnswer()
ASSIGNMENT = AreaAssignmentAnswer()
DONE = AreaDoneAnswer()

log = structlog.get_logger("campaign")


class AreaRoutes(Service):
    """Areas: drawn, shared out, given back, begun again."""

    @route(
        "POST",
        "/areas",
        scope="campaign:write",
        body=AreaRequest,
        answer=AreaAnswer,
        creates=True,
    )
    def create_area(self, body: dict[str, Any]) -> Created:
        """Draw an area on the map of a unit."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            area, new = areas.create(session, tree, body)
            return Created(_shown(session, area), new)

    @route(
        "GET",
        "/areas",
        scope="campaign:read",
        query=AreasQuery,
        answer=AreaAnswer,
        many=True,
    )
    def list_areas(self, query: dict[str, Any]) -> dict[str, Any]:
        """The areas of a unit and all below it, the oldest first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = area_lists.listed(session, tree, query)
        return {"items": AREA.dump(page.items, many=True), "next": page.next}

    @route("GET", "/areas/<uuid:area_id>", scope="campaign:read", answer=AreaDoneAnswer)
    def read_area(self, area_id: UUID) -> dict[str, Any]:
        """One area, who has it now, and what was done in its rounds."""
        with self.database.reading() as session:
            area = self._reached(session, area_id)
            shown = area_lists.shown(session, [area])[0]
            rounds = progress.rounds(session, area_id, area.households)
        return DONE.dump({**shown, "rounds": rounds})  # type: ignore[no-any-return]

    @route(
        "PATCH",
        "/areas/<uuid:area_id>",
        scope="campaign:write",
        body=AreaChange,
        answer=AreaAnswer,
    )
    def change_area(self, area_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Mend the name of an area, or its number of households."""
        with self.database.writing() as session:
            area = self._reached(session, area_id, lock=True)
            area.mend(body)
            return _shown(session, area)

    @route(
        "POST",
        "/areas/<uuid:area_id>/assignments",
        scope="campaign:write",
        body=AreaAssignmentRequest,
        answer=AreaAssignmentAnswer,
        creates=True,
    )
    def assign_area(self, area_id: UUID, body: dict[str, Any]) -> Created:
        """Give somebody an area that nobody has."""
        with self.database.writing() as session:
            area = self._reached(session, area_id, lock=True)
            tree = self.units.tree(session)
            assignment, new = area_assignments.assign(session, tree, area, body)
        return Created(ASSIGNMENT.dump(assignment), new)

    @route(
        "POST",
        "/areas/hand-out",
        scope="campaign:write",
        body=HandOutRequest,
        answer=AreaAssignmentAnswer,
        creates=True,
    )
    def hand_out(self, body: dict[str, Any]) -> Created:
        """Give somebody the next free area of a unit."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            assignment, new = hand_outs.hand_out(session, tree, body)
        return Created(ASSIGNMENT.dump(assignment), new)

    @route(
        "POST",
        "/areas/<uuid:area_id>/release",
        scope="campaign:write",
        body=ReleaseRequest,
        answer=AreaAssignmentAnswer,
    )
    def release_area(self, area_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Give an area back before its time."""
        with self.database.writing() as session:
            area = self._reached(session, area_id, lock=True)
            assignment, _ = area_assignments.release(session, area, body)
        return ASSIGNMENT.dump(assignment)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/areas/<uuid:area_id>/rounds",
        scope="campaign:write",
        body=RoundRequest,
        answer=AreaAnswer,
    )
    def begin_round(self, area_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Begin the next round of an area that nobody has."""
        with self.database.writing() as session:
            area = self._reached(session, area_id, lock=True)
            area_rounds.begin(session, area, body["round"])
            return _shown(session, area)

    @timer(interval=60, eager=True)
    def return_areas(self) -> None:
        """Tell of assignments that are over, or soon will be."""
        try:
            for work in (area_returns.expire, area_returns.remind):
                while self._some(work) == CHUNK:
                    sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _some(self, work: Callable[[Session, datetime, int], int]) -> int:
        with self.database.writing() as session:
            return work(session, clock.now(), CHUNK)

    def _reached(self, session: Session, area_id: UUID, *, lock: bool = False) -> Area:
        """The area, if it is in the caller's part of the organisation."""
        area = areas.get(session, area_id, lock=lock)
        self.caller.must_reach(self.units.tree(session), area.unit)
        return area


def _shown(session: Session, area: Area) -> dict[str, Any]:
    shown: dict[str, Any] = AREA.dump(area_lists.shown(session, [area])[0])
    return shown
