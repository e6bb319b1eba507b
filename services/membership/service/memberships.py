"""The routes of memberships: begun again, corrected, lapsing, lasting."""

from typing import Any
from uuid import UUID

from infra.errors import Invalid
from infra.http import route
from services.membership import access_log, lapsing, members, patching, rejoining, retention
from services.membership.schemas.members import MemberAnswer
from services.membership.schemas.memberships import (
    LapsingAnswer,
    LapsingQuery,
    MemberPatch,
    RejoinRequest,
    RetentionAnswer,
    RetentionQuery,
)
from services.membership.schemas.personal import MaySayWhy
from services.membership.service.dependencies import Base

MEMBER = MemberAnswer()
LAPSING = LapsingAnswer()


class MembershipRoutes(Base):
    """Memberships: rejoin, correct, who is about to lapse, how many stay."""

    @route(
        "POST",
        "/members/<uuid:member_id>/rejoin",
        scope="membership:write",
        body=RejoinRequest,
        answer=MemberAnswer,
    )
    def rejoin(self, member_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Let somebody who left be a member again; the membership before goes on as a past one."""
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            member = members.get(session, member_id, lock=True)
            self.caller.must_reach(tree, member.unit)
            self.caller.must_reach(tree, body["unit"])
            member, _ = rejoining.rejoin(session, tree, member_id, body)
        return MEMBER.dump(member)  # type: ignore[no-any-return]

    @route(
        "PATCH",
        "/members/<uuid:member_id>",
        scope="membership:write",
        body=MemberPatch,
        headers=MaySayWhy,
        answer=MemberAnswer,
    )
    def change_member(
        self, member_id: UUID, body: dict[str, Any], headers: dict[str, Any]
    ) -> dict[str, Any]:
        """Correct what a member has told; what is personal needs its scope and a purpose."""
        personal = patching.is_personal(body)
        if personal:
            self.caller.require("membership:personal")
            if headers["purpose"] is None:
                raise Invalid("No purpose", {"X-Purpose": ["Say what it is for."]})
        vault = self.open_vault()
        with self.database.writing() as session:
            member = members.get(session, member_id, lock=True)
            self.caller.must_reach(self.tree.as_of(session), member.unit)
            member = patching.patch(session, member_id, body, vault)
            if personal:
                access_log.note(
                    session,
                    who=self.caller.subject,
                    member_id=member_id,
                    purpose=headers["purpose"],
                    what="patch",
                )
        return MEMBER.dump(member)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/lapsing",
        scope="membership:read",
        query=LapsingQuery,
        answer=LapsingAnswer,
        many=True,
    )
    def list_lapsing(self, query: dict[str, Any]) -> dict[str, Any]:
        """The members of a unit and below whose fee is, or soon will be, unpaid."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = lapsing.lapsing(session, tree, query)
        return {"items": LAPSING.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/retention",
        scope="membership:read",
        query=RetentionQuery,
        answer=RetentionAnswer,
    )
    def show_retention(self, query: dict[str, Any]) -> dict[str, Any]:
        """How many who join a unit or below leave within a year, by when they joined."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            found = retention.cohorts(session, tree, query["unit"])
        return {"unit": query["unit"], "items": found, "next": None}
