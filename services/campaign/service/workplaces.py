"""The routes of workplaces."""

from typing import Any

from infra import clock
from infra.http import Created, route
from infra.service import Service
from services.campaign import workplaces, workplaces_reached
from services.campaign.schemas.workplaces import (
    ReachedAnswer,
    ReachedQuery,
    WorkplaceRequest,
    WorkplacesQuery,
)

REACHED = ReachedAnswer()
WORKPLACE = WorkplaceRequest()


class WorkplaceRoutes(Service):
    """The party's list of workplaces, and how many of them were reached."""

    @route(
        "POST",
        "/workplaces",
        scope="campaign:write",
        body=WorkplaceRequest,
        answer=WorkplaceRequest,
        creates=True,
    )
    def add_workplace(self, body: dict[str, Any]) -> Created:
        """Put a workplace on the party's list."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            workplace, new = workplaces.add(session, tree, body)
        return Created(WORKPLACE.dump(workplace), new)

    @route(
        "GET",
        "/workplaces",
        scope="campaign:read",
        query=WorkplacesQuery,
        answer=WorkplaceRequest,
        many=True,
    )
    def list_workplaces(self, query: dict[str, Any]) -> dict[str, Any]:
        """The workplaces of a unit, of those above it and of all below it, by name."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = workplaces.listed(session, tree, query)
        return {"items": WORKPLACE.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/workplaces/reached",
        scope="campaign:read",
        query=ReachedQuery,
        answer=ReachedAnswer,
    )
    def count_workplaces(self, query: dict[str, Any]) -> dict[str, Any]:
        """How many workplaces a unit, with all below it, has reached in a year."""
        year = query["year"] or clock.today().year
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            reached = workplaces_reached.in_year(session, tree, query["unit"], year)
        return REACHED.dump(reached)  # type: ignore[no-any-return]
