"""Membership: the organisation's units, and the members."""

from typing import Any
from uuid import UUID

from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session

from infra import batch
from infra.database import Database
from infra.errors import Invalid
from infra.http import Created, route
from infra.rpc import rpc
from infra.sealing import Sealer
from infra.service import Service
from infra.units import ROOT, Tree, Unit
from services.membership import editions, members, queries, transfers, units
from services.membership.members import Member
from services.membership.schemas import (
    EditionAnswer,
    EditionRequest,
    LeaveRequest,
    MemberAnswer,
    MemberRequest,
    MembersQuery,
    TransferRequest,
    UnitAnswer,
    UnitPatch,
    UnitRequest,
    UnitsQuery,
)

UNIT = UnitAnswer()
EVERY_UNIT = {"kind": None, "parent": None, "limit": 1_000_000, "cursor": None}
MEMBER = MemberAnswer()
JOINING = MemberRequest()


class SealerProvider(DependencyProvider):
    """`self.sealer`: seals personal data with the installation's keys."""

    def setup(self) -> None:
        """Read the keys."""
        self._sealer = Sealer(self.container.settings.secrets.data_keys)

    def get_dependency(self, worker_ctx: Any) -> Sealer:
        """The sealer."""
        return self._sealer


class TreeProvider(DependencyProvider):
    """`self.tree`: the organisation, exactly as it is; here its owner needs no copy."""

    def setup(self) -> None:
        """Begin with none."""
        self._tree = units.ExactTree()

    def get_dependency(self, worker_ctx: Any) -> units.ExactTree:
        """The tree."""
        return self._tree


class MembershipService(Service):
    """Routes and RPC of membership."""

    name = "membership"

    sealer = SealerProvider()
    tree = TreeProvider()

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

    @route(
        "POST",
        "/members",
        scope="membership:write",
        body=MemberRequest,
        answer=MemberAnswer,
        creates=True,
    )
    def join(self, body: dict[str, Any]) -> Created:
        """Let somebody join."""
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            member, new = members.join(session, tree, body, self.sealer)
        return Created(MEMBER.dump(member), new)

    @route(
        "POST",
        "/members/batch",
        scope="membership:write",
        body=batch.Batch,
        answer=batch.BatchAnswer,
    )
    def join_batch(self, body: dict[str, Any]) -> dict[str, Any]:
        """Let up to 1,000 join, each answered."""
        loaded = batch.load_items(JOINING, body["items"])
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            loaded.check(lambda request: self.caller.must_reach(tree, request["unit"]))
            outcomes = members.join_all(session, tree, loaded.good, self.sealer)
        return loaded.answer(outcomes)

    @route(
        "GET",
        "/members",
        scope="membership:read",
        query=MembersQuery,
        answer=MemberAnswer,
        many=True,
    )
    def list_members(self, query: dict[str, Any]) -> dict[str, Any]:
        """The members of a unit and all below it, the last to join first."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = queries.members(session, tree, query)
        return {"items": MEMBER.dump(page.items, many=True), "next": page.next}

    @route("GET", "/members/<uuid:member_id>", scope="membership:read", answer=MemberAnswer)
    def read_member(self, member_id: UUID) -> dict[str, Any]:
        """One member, without personal data."""
        with self.database.reading() as session:
            member = members.get(session, member_id)
            self.caller.must_reach(self.tree.as_of(session), member.unit)
        return _shown(member)

    @route(
        "POST",
        "/members/<uuid:member_id>/leave",
        scope="membership:write",
        body=LeaveRequest,
        answer=MemberAnswer,
    )
    def leave(self, member_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """End a membership."""
        with self.database.writing() as session:
            self._must_reach_member(session, self.tree.as_of(session), member_id)
            member, _ = members.leave(session, member_id, body)
        return _shown(member)

    @route(
        "POST",
        "/members/<uuid:member_id>/transfer",
        scope="membership:write",
        body=TransferRequest,
        answer=MemberAnswer,
    )
    def transfer(self, member_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Move a member to another unit: no join, no leave."""
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self._must_reach_member(session, tree, member_id)
            self.caller.must_reach(tree, body["unit"])
            member, _ = transfers.transfer(session, tree, member_id, body)
        return _shown(member)

    def _must_reach_member(self, session: Session, tree: Tree, member_id: UUID) -> None:
        member = members.get(session, member_id, lock=True)
        self.caller.must_reach(tree, member.unit)

    def _list_units(self, query: dict[str, Any]) -> dict[str, Any]:
        with self.database.reading() as session:
            page = queries.units(session, query)
        return {"items": UNIT.dump(page.items, many=True), "next": page.next}

    def _read_unit(self, code: str) -> dict[str, Any]:
        with self.database.reading() as session:
            return _shown(units.get(session, code))


def _shown(found: Unit | Member) -> dict[str, Any]:
    schema = UNIT if isinstance(found, Unit) else MEMBER
    shown: dict[str, Any] = schema.dump(found)
    return shown
