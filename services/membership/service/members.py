"""The routes of members."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra import batch
from infra.http import Created, route
from infra.units import Tree
from services.membership import departures, joins, members, queries
from services.membership.marks import Duplicate
from services.membership.members import Member
from services.membership.schemas.members import (
    LeaveRequest,
    MemberAnswer,
    MemberRequest,
    MembersQuery,
    TransferRequest,
)
from services.membership.schemas.personal import MaySayWhy, ShownMemberAnswer
from services.membership.service.looking import Looking
from services.membership.vault import Vault

MEMBER = MemberAnswer()
JOINING = MemberRequest()


class MemberRoutes(Looking):
    """Members: join, leave, transfer."""

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
        vault = self.open_vault()
        joined = self._join_at_once(body, vault)
        if joined is not None:
            return Created(MEMBER.dump(joined), new=True)
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            try:
                member, new = joins.join(session, tree, body, vault)
            except Duplicate as duplicate:
                self._tell_whom_they_may_know(tree, duplicate)
                raise
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
        vault = self.open_vault()
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            loaded.check(lambda request: self.caller.must_reach(tree, request["unit"]))
            outcomes = joins.join_all(session, tree, loaded.good, vault)
        return loaded.answer(outcomes)

    @route(
        "GET",
        "/members",
        scope="membership:read",
        query=MembersQuery,
        headers=MaySayWhy,
        answer=ShownMemberAnswer,
        many=True,
    )
    def list_members(self, query: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
        """The members of a unit and all below it, the last to join first."""
        with self.look(headers["purpose"]) as look:
            tree = self.tree.as_of(look.session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = queries.members(look.session, tree, query)
            shown = look.shown(page.items, "list")
        return {"items": shown, "next": page.next}

    @route(
        "GET",
        "/members/<uuid:member_id>",
        scope="membership:read",
        headers=MaySayWhy,
        answer=ShownMemberAnswer,
    )
    def read_member(self, member_id: UUID, headers: dict[str, Any]) -> dict[str, Any]:
        """One member; with `X-Purpose` and the scope `membership:personal`, who it is as well."""
        with self.look(headers["purpose"]) as look:
            member = members.get(look.session, member_id)
            self.caller.must_reach(self.tree.as_of(look.session), member.unit)
            return look.shown([member], "read")[0]

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
            member, _ = departures.leave(session, member_id, body)
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
            member, _ = departures.transfer(session, tree, member_id, body)
        return _shown(member)

    def _join_at_once(self, body: dict[str, Any], vault: Vault) -> dict[str, Any] | None:
        tree, version = self.tree.last_seen()
        if self.database.is_sqlite or not self.caller.reaches(tree, body["unit"]):
            return None
        with self.database.at_once() as session:
            return joins.join_at_once(session, tree, version, body, vault)

    def _tell_whom_they_may_know(self, tree: Tree, duplicate: Duplicate) -> None:
        knows = "membership:personal" in self.caller.scopes
        if knows and self.caller.reaches(tree, duplicate.unit):
            duplicate.more["member_id"] = duplicate.member_id

    def _must_reach_member(self, session: Session, tree: Tree, member_id: UUID) -> None:
        member = members.get(session, member_id, lock=True)
        self.caller.must_reach(tree, member.unit)


def _shown(member: Member) -> dict[str, Any]:
    shown: dict[str, Any] = MEMBER.dump(member)
    return shown
