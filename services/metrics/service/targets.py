"""The routes of targets and baselines."""

from typing import Any

from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Invalid
from infra.http import route
from infra.service import Service
from services.metrics import targets
from services.metrics.schemas.goals import FIRST_YEAR, LAST_YEAR, GoalsQuery
from services.metrics.schemas.targets import (
    BaselineAnswer,
    BaselineRequest,
    TargetAnswer,
    TargetRequest,
    TargetsAnswer,
)
from services.metrics.targets import goal_named


class TargetRoutes(Service):
    """What units are to reach, and what they stood at before."""

    @route("GET", "/targets", scope="metrics:read", query=GoalsQuery, answer=TargetsAnswer)
    def list_targets(self, query: dict[str, Any]) -> dict[str, Any]:
        """Every goal's targets and baseline, for a unit and year."""
        year = query["year"] or clock.today().year
        with self.database.reading() as session:
            tree = self.units.tree(session)
            tree.check_known(query["unit"])
            found = targets.listed(session, tree, query["unit"], year)
        return {"unit": query["unit"], "year": year, "items": found, "next": None}

    @route(
        "PUT",
        "/targets/<key>/<int:year>/<unit>",
        scope="metrics:targets",
        body=TargetRequest,
        answer=TargetAnswer,
    )
    def put_target(self, key: str, year: int, unit: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set a unit's target, or with `local` the unit's own beside the given one."""
        goal = goal_named(key)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Invalid("No such year", {"year": [f"From {FIRST_YEAR} to {LAST_YEAR}."]})
        with self.database.writing() as session:
            self._check_unit(session, unit)
            return targets.put(
                session,
                goal,
                year,
                unit,
                body["target"],
                local=body["local"],
                by=self.caller.subject,
            )

    @route(
        "PUT",
        "/baselines/<key>",
        scope="metrics:targets",
        body=BaselineRequest,
        answer=BaselineAnswer,
    )
    def put_baseline(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set what a goal stood at before, with the source of the figure."""
        goal = goal_named(key)
        with self.database.writing() as session:
            self._check_unit(session, body["unit"])
            return targets.put_baseline(
                session, goal, body["unit"], body["value"], body["source"], by=self.caller.subject
            )

    def _check_unit(self, session: Session, unit: str) -> None:
        tree = self.units.tree(session)
        self.caller.must_reach(tree, unit)
        tree.check_known(unit)
