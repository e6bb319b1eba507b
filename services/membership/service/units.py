"""The routes and RPC of the organisation's units."""

from typing import Any

from infra.database import Database
from infra.errors import Invalid
from infra.http import Created, route
from infra.rpc import rpc
from infra.units import ROOT, Unit
from services.membership import editions, queries, units
from services.membership.schemas.units import (
    EditionAnswer,
    EditionRequest,
    UnitAnswer,
    UnitPatch,
    UnitRequest,
    UnitsQuery,
)
from services.membership.service.dependencies import Base

UNIT = UnitAnswer()
EVERY_UNIT = {"kind": None, "parent": None, "limit": 1_000_000, "cursor": None}


class UnitRoutes(Base):
    """Units: the tree, its editions and its changes."""

    @classmethod
    def prepare(cls, database: Database) -> None:
        """Load the reference organisation where there is none."""
        with database.writing() as session:
            if len(units.take_turn(session)) == 0:
                units.load_edition(session, editions.reference(), national=True)

    @route("GET", "/units", scope="membership:read", query=UnitsQuery, answer=UnitAnswer, many=True)
    def get_units(self, query: dict[str, Any]) -> dict[str, Any]:
        """The units of a kind, or one level below a parent, or all, by code."""
        return self._list_units(query)

    @rpc(scope="membership:read")
    def list_units(self) -> dict[str, Any]:
        """As GET /units, all of them at once."""
        return self._list_units(EVERY_UNIT)

    @route("GET", "/units/<code>", scope="membership:read", answer=UnitAnswer)
    def read_unit(self, code: str) -> dict[str, Any]:
        """One unit."""
        return self._read_unit(code)

    @rpc(scope="membership:read")
    def get_unit(self, code: Any) -> dict[str, Any]:
        """As GET /units/{code}."""
        if not isinstance(code, str):
            raise Invalid("Not a code", {"code": ["Not a unit code."]})
        return self._read_unit(code)

    @route(
        "POST",
        "/units",
        scope="membership:write",
        body=UnitRequest,
        answer=UnitAnswer,
        creates=True,
    )
    def register_unit(self, body: dict[str, Any]) -> Created:
        """Add a unit to the organisation."""
        with self.database.writing() as session:
            tree = units.take_turn(session)
            self.caller.must_reach(tree, body["parent"])
            unit, new = units.register(session, tree, body)
        return Created(UNIT.dump(unit), new)

    @route("PATCH", "/units/<code>", scope="membership:write", body=UnitPatch, answer=UnitAnswer)
    def change_unit(self, code: str, body: dict[str, Any]) -> dict[str, Any]:
        """Rename, move or close a unit, from a day on."""
        with self.database.writing() as session:
            tree = units.take_turn(session)
            self.caller.must_reach(tree, units.get(session, code).code)
            if body["parent"] is not None:
                self.caller.must_reach(tree, body["parent"])
            unit, _ = units.change(session, tree, code, body)
        return _shown(unit)

    @route(
        "POST",
        "/units/editions",
        scope="membership:write",
        body=EditionRequest,
        answer=EditionAnswer,
    )
    def load_edition(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make the whole organisation as an edition says, or leave it as it is."""
        with self.database.writing() as session:
            self.caller.must_reach(units.take_turn(session), ROOT)
            return units.load_edition(session, body["units"], body["national"])

    def _list_units(self, query: dict[str, Any]) -> dict[str, Any]:
        with self.database.reading() as session:
            page = queries.units(session, query)
        return {"items": UNIT.dump(page.items, many=True), "next": page.next}

    def _read_unit(self, code: str) -> dict[str, Any]:
        with self.database.reading() as session:
            return _shown(units.get(session, code))


def _shown(unit: Unit) -> dict[str, Any]:
    shown: dict[str, Any] = UNIT.dump(unit)
    return shown
