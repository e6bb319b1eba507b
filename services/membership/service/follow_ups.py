"""The routes of follow-ups."""

from typing import Any
from uuid import UUID

from infra import clock
from infra.http import Created, route
from services.membership import follow_ups, needs
from services.membership.schemas.follow_ups import (
    EndRequest,
    FollowUpAnswer,
    FollowUpRequest,
    FollowUpsQuery,
    NeedAnswer,
)
from services.membership.service.dependencies import Base

FOLLOW_UP = FollowUpAnswer()
NEED = NeedAnswer()


class FollowUpRoutes(Base):
    """Follow-ups: which units need support, and what was agreed."""

    @route(
        "GET",
        "/follow-ups",
        scope="membership:read",
        query=FollowUpsQuery,
        answer=NeedAnswer,
        many=True,
    )
    def list_needs(self, query: dict[str, Any]) -> dict[str, Any]:
        """The units one level below, the neediest first, with what is agreed for them."""
        vault = self.open_vault()
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            items = needs.needs(session, tree, query["unit"], clock.today())
            agreed = follow_ups.still_open(session, tree.subtree(query["unit"]))
        for item in items:
            here = [each for each in agreed if tree.within(each.unit, item["unit"])]
            item["follow_ups"] = [each.told(vault) for each in here]
        return {"items": NEED.dump(items, many=True), "next": None}

    @route(
        "POST",
        "/follow-ups",
        scope="membership:write",
        body=FollowUpRequest,
        answer=FollowUpAnswer,
        creates=True,
    )
    def agree(self, body: dict[str, Any]) -> Created:
        """Note what support was agreed for a unit."""
        vault = self.open_vault()
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            agreed, new = follow_ups.agree(session, tree, body, vault)
        return Created(FOLLOW_UP.dump(agreed.told(vault)), new)

    @route(
        "POST",
        "/follow-ups/<uuid:follow_up_id>/end",
        scope="membership:write",
        body=EndRequest,
        answer=FollowUpAnswer,
    )
    def end_follow_up(self, follow_up_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """End what was agreed."""
        vault = self.open_vault()
        with self.database.writing() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, follow_ups.get(session, follow_up_id).unit)
            ended = follow_ups.end(session, follow_up_id, body["ended_on"])
        return FOLLOW_UP.dump(ended.told(vault))  # type: ignore[no-any-return]
