"""The goal board's routes."""

from typing import Any

from infra import clock, http
from infra.http import route
from infra.rpc import rpc
from infra.service import Service
from infra.units import ROOT
from services.metrics import forecasts, goals
from services.metrics.schemas.goals import BoardAnswer, BreakdownAnswer, GoalsQuery, OneGoalAnswer
from services.metrics.targets import goal_named


class GoalRoutes(Service):
    """Value, target, status and pace of every goal."""

    @route("GET", "/goals", scope="metrics:read", query=GoalsQuery, answer=BoardAnswer)
    def board(self, query: dict[str, Any]) -> dict[str, Any]:
        """All goals of a unit in a year."""
        return self._board(query["unit"], query["year"])

    @rpc(scope="metrics:read")
    def get_goals(self, unit: Any = ROOT, year: Any = None) -> dict[str, Any]:
        """As GET /goals."""
        given = {"unit": unit, "year": None if year is None else str(year)}
        query = http.load(GoalsQuery(), {k: v for k, v in given.items() if v is not None})
        return self._board(query["unit"], query["year"])

    @route("GET", "/goals/<key>", scope="metrics:read", query=GoalsQuery, answer=OneGoalAnswer)
    def goal(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal of a unit in a year, with its forecast by the shape of earlier years."""
        wanted = goal_named(key)
        board = self._board(query["unit"], query["year"])
        about = {name: board[name] for name in ("unit", "name", "year", "as_of")}
        found = next(goal for goal in board["goals"] if goal["key"] == wanted.key)
        with self.database.reading() as session:
            foreseen = forecasts.of_goal(
                session, wanted, query["unit"], board["year"], clock.today()
            )
        return {**about, **found, **foreseen.answer()}

    @route(
        "GET",
        "/goals/<key>/breakdown",
        scope="metrics:read",
        query=GoalsQuery,
        answer=BreakdownAnswer,
    )
    def breakdown(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal for the units one level down."""
        goal, today = goal_named(key), clock.today()
        with self.database.reading() as session:
            tree = self.units.tree(session)
            year = query["year"] or today.year
            return goals.breakdown(session, tree, goal, query["unit"], year, today)

    def _board(self, unit: str, year: int | None) -> dict[str, Any]:
        today = clock.today()
        with self.database.reading() as session:
            tree = self.units.tree(session)
            return goals.board(session, tree, unit, year or today.year, today)
