"""The routes of the households of areas: listing them, the next doors, progress."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.http import route
from infra.service import Service
from services.campaign import households, progress
from services.campaign.households import Ground
from services.campaign.schemas.households import (
    AreaProgressAnswer,
    DoorsAnswer,
    DoorsQuery,
    HouseholdsAnswer,
    HouseholdsRequest,
    UnitProgressAnswer,
    UnitProgressQuery,
)

DOORS = DoorsAnswer()
LISTED = HouseholdsAnswer()
OF_AREA = AreaProgressAnswer()
OF_UNIT = UnitProgressAnswer()


class HouseholdRoutes(Service):
    """Doors to knock on, and how many were."""

    @route(
        "POST",
        "/areas/<uuid:area_id>/households",
        scope="campaign:write",
        body=HouseholdsRequest,
        answer=HouseholdsAnswer,
    )
    def list_households(self, area_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """List households of an area in walking order, after those that are listed."""
        with self.database.writing() as session:
            area = self._ground_in_reach(session, area_id, lock=True)
            listed = households.add(session, area, body["references"])
        found = {"area_id": area.id, "listed": listed, "households": area.households}
        return LISTED.dump(found)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/areas/<uuid:area_id>/next",
        scope="campaign:read",
        query=DoorsQuery,
        answer=DoorsAnswer,
    )
    def show_next_doors(self, area_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """The next doors of an area: those not visited in its round, then those to return to."""
        with self.database.reading() as session:
            area = self._ground_in_reach(session, area_id)
            doors = households.next_doors(session, area, query["limit"])
        found = {"area_id": area.id, "round": area.round, "doors": doors}
        return DOORS.dump(found)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/areas/<uuid:area_id>/progress",
        scope="campaign:read",
        answer=AreaProgressAnswer,
    )
    def show_progress(self, area_id: UUID) -> dict[str, Any]:
        """How far an area is, by round."""
        with self.database.reading() as session:
            found = progress.of_area(session, self._ground_in_reach(session, area_id))
        return OF_AREA.dump(found)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/areas/progress",
        scope="campaign:read",
        query=UnitProgressQuery,
        answer=UnitProgressAnswer,
    )
    def sum_up_progress(self, query: dict[str, Any]) -> dict[str, Any]:
        """How far the areas of a unit and all below it are together, by round."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            found = progress.of_unit(session, tree, query["unit"])
        return OF_UNIT.dump(found)  # type: ignore[no-any-return]

    def _ground_in_reach(self, session: Session, area_id: UUID, *, lock: bool = False) -> Ground:
        """The area, if the caller may act there."""
        area = households.ground(session, area_id, lock=lock)
        self.caller.must_reach(self.units.tree(session), area.unit)
        return area
