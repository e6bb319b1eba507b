"""The routes of visits to doors, and of tallies of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from infra import batch
from infra.http import Created, route
from infra.service import Service
from infra.units import Tree
from services.campaign import households, tallies, visits
from services.campaign.households import Ground
from services.campaign.schemas.visits import TallyAnswer, TallyRequest, VisitAnswer, VisitRequest

ANSWER = VisitAnswer()
TALLY = TallyAnswer()
VISIT = VisitRequest()


class VisitRoutes(Service):
    """What came of the doors, one by one or as numbers."""

    @route(
        "POST",
        "/visits",
        scope="campaign:write",
        body=VisitRequest,
        answer=VisitAnswer,
        creates=True,
    )
    def log_visit(self, body: dict[str, Any]) -> Created:
        """Log a visit to a household; a conversation is reported with it, once."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            grounds = households.grounds(session, [body["area_id"]], lock=True)
            self._must_reach(tree, grounds, body)
            visit, new = visits.log(session, tree, grounds, body)
        return Created(ANSWER.dump({**body, **vars(visit)}), new)

    @route(
        "POST",
        "/visits/batch",
        scope="campaign:write",
        body=batch.Batch,
        answer=batch.BatchAnswer,
    )
    def log_visits(self, body: dict[str, Any]) -> dict[str, Any]:
        """Log up to 1,000 visits, each answered."""
        loaded = batch.load_items(VISIT, body["items"])
        with self.database.writing() as session:
            tree = self.units.tree(session)
            area_ids = {visit["area_id"] for visit in loaded.good}
            grounds = households.grounds(session, area_ids, lock=True)
            loaded.check(lambda visit: self._must_reach(tree, grounds, visit))
            outcomes = visits.log_all(session, tree, grounds, loaded.good)
        return loaded.answer(outcomes)

    @route(
        "POST",
        "/areas/<uuid:area_id>/tallies",
        scope="campaign:write",
        body=TallyRequest,
        answer=TallyAnswer,
        creates=True,
    )
    def log_tally(self, area_id: UUID, body: dict[str, Any]) -> Created:
        """Log a day's numbers of an area that is assigned for tallies."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            area = households.ground(session, area_id, lock=True)
            self.caller.must_reach(tree, area.unit)
            tally, new = tallies.log(session, tree, area, body)
        return Created(TALLY.dump(tally), new)

    def _must_reach(
        self, tree: Tree, grounds: Mapping[UUID, Ground], visit: dict[str, Any]
    ) -> None:
        """Forbidden unless the caller may act in the visit's area; an unknown one is nobody's."""
        ground = grounds.get(visit["area_id"])
        if ground is not None:
            self.caller.must_reach(tree, ground.unit)
