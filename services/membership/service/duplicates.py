"""The routes of members who may be one person, and of merging those who are."""

from functools import partial
from typing import Any
from uuid import UUID

from infra.http import route
from services.membership import duplicates, merging
from services.membership.schemas.duplicates import (
    DifferentRequest,
    MergeRequest,
    PairAnswer,
    PairsQuery,
)
from services.membership.schemas.members import MemberAnswer
from services.membership.service.dependencies import Base

DIFFERENT = DifferentRequest()
MEMBER = MemberAnswer()


class DuplicateRoutes(Base):
    """Duplicates: found, told apart, merged."""

    @route(
        "GET",
        "/duplicates",
        scope="membership:read",
        query=PairsQuery,
        answer=PairAnswer,
        many=True,
    )
    def list_duplicates(self, query: dict[str, Any]) -> dict[str, Any]:
        """Pairs of members of a unit and all below it who may be one person, by ids alone."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = duplicates.pairs(session, tree, query)
        return {"items": [_shown(pair) for pair in page.items], "next": page.next}

    @route(
        "POST",
        "/duplicates/dismiss",
        scope="membership:write",
        body=DifferentRequest,
        answer=DifferentRequest,
    )
    def dismiss_duplicate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Say that two members are different people; they are listed no more."""
        with self.database.writing() as session:
            reach = partial(self.caller.must_reach, self.tree.as_of(session))
            duplicates.tell_apart(session, body, reach)
        return DIFFERENT.dump(body)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/members/<uuid:member_id>/merge",
        scope="membership:write",
        body=MergeRequest,
        answer=MemberAnswer,
    )
    def merge(self, member_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Merge a member who is a mistake into the one whom it is of; answers the mistake."""
        vault = self.open_vault()
        with self.database.writing() as session:
            reach = partial(self.caller.must_reach, self.tree.as_of(session))
            member, _ = merging.merge(session, vault, member_id, body["into"], reach)
        return MEMBER.dump(member)  # type: ignore[no-any-return]


def _shown(pair: Any) -> dict[str, Any]:
    reasons = [reason for reason in duplicates.REASONS if getattr(pair, reason)]
    return {"first": pair.first, "second": pair.second, "reasons": reasons}
