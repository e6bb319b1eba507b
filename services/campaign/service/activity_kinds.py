"""The routes of the kinds of activity."""

from typing import Any

from infra.http import Created, route
from infra.service import Service
from infra.units import ROOT
from services.campaign import activity_kinds
from services.campaign.schemas.activity_kinds import ActivityKindRequest, ActivityKindsQuery

KIND = ActivityKindRequest()


class ActivityKindRoutes(Service):
    """The party's own list of what activities there are."""

    @route(
        "GET",
        "/activity-kinds",
        scope="campaign:read",
        query=ActivityKindsQuery,
        answer=ActivityKindRequest,
        many=True,
    )
    def list_activity_kinds(self, query: dict[str, Any]) -> dict[str, Any]:
        """All kinds of activity, by word."""
        with self.database.reading() as session:
            page = activity_kinds.listed(session, query)
        return {"items": KIND.dump(page.items, many=True), "next": page.next}

    @route(
        "POST",
        "/activity-kinds",
        scope="campaign:write",
        body=ActivityKindRequest,
        answer=ActivityKindRequest,
        creates=True,
    )
    def add_activity_kind(self, body: dict[str, Any]) -> Created:
        """Add a kind of activity for the whole party."""
        with self.database.writing() as session:
            self.caller.must_reach(self.units.tree(session), ROOT)
            kind, new = activity_kinds.add(session, body)
        return Created(KIND.dump(kind), new)
