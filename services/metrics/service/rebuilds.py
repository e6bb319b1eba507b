"""How fresh the counters are, and building them anew."""

from typing import Any

from infra.errors import Forbidden
from infra.http import Created, route
from infra.identity import new_id
from infra.service import RebuildProvider, Service
from infra.units import ROOT
from services.metrics.schemas.rebuilds import RebuildAnswer, RebuildRequest
from services.metrics.service.counting import COUNTED


class RebuildRoutes(Service):
    """The lag of each source, and rebuilds from the feeds."""

    # With the units known first, each fact is spread once.
    rebuilds = RebuildProvider(COUNTED, first="membership")

    @route("GET", "/freshness", scope="metrics:read")
    def freshness(self) -> dict[str, Any]:
        """How far the counters are behind each service that they count."""
        report: dict[str, Any] = self.subscription.freshness().report()
        return report

    @route("POST", "/rebuild", scope="ops", body=RebuildRequest, answer=RebuildAnswer, creates=True)
    def begin_rebuild(self, body: dict[str, Any]) -> Created:
        """Build the counters anew from the feeds; a second rebuild while one runs is refused."""
        self._check_whole()
        return Created(*self.rebuilds.begin(body["id"] or new_id()))

    @route("GET", "/rebuild", scope="ops", answer=RebuildAnswer)
    def rebuild(self) -> dict[str, Any]:
        """How the last rebuild is, or ended."""
        self._check_whole()
        status: dict[str, Any] = self.rebuilds.status()
        return status

    def _check_whole(self) -> None:
        if self.caller.unit != ROOT:
            raise Forbidden("A rebuild needs a token for the whole organisation.")
