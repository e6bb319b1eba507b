"""The goal board's routes."""

from datetime import date
from typing import Any, NamedTuple

from infra import clock, http
from infra.errors import Invalid
from infra.http import route
from infra.rpc import rpc
from infra.service import Service
from infra.units import ROOT
from services.metrics import forecasts, goals
from services.metrics.schemas.goals import BoardAnswer, BoardQuery, BreakdownAnswer, OneGoalAnswer
from services.metrics.targets import goal_named


class When(NamedTuple):
    """A year as of a day; `past` says that the day was asked for."""

    year: int
    day: date
    past: bool


class GoalRoutes(Service):
    """Value, target, status and pace of every goal."""

    @route("GET", "/goals", scope="metrics:read", query=BoardQuery, answer=BoardAnswer)
    def board(self, query: dict[str, Any]) -> dict[str, Any]:
        """All goals of a unit in a year, or as of a past day."""
        return self._board(query["unit"], _when(query))

    @rpc(scope="metrics:read")
    def get_goals(self, unit: Any = ROOT, year: Any = None, as_of: Any = None) -> dict[str, Any]:
        """As GET /goals."""
        given = {"unit": unit, "year": None if year is None else str(year), "as_of": as_of}
        query = http.load(BoardQuery(), {k: v for k, v in given.items() if v is not None})
        return self._board(query["unit"], _when(query))

    @route("GET", "/goals/<key>", scope="metrics:read", query=BoardQuery, answer=OneGoalAnswer)
    def goal(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal of a unit in a year, with its forecast by the shape of earlier years."""
        wanted, when = goal_named(key), _when(query)
        board = self._board(query["unit"], when)
        about = {name: board[name] for name in ("unit", "name", "year", "as_of")}
        found = next(goal for goal in board["goals"] if goal["key"] == wanted.key)
        with self.database.reading() as session:
            foreseen = forecasts.of_goal(
                session, wanted, query["unit"], when.year, when.day, past=when.past
            )
        return {**about, **found, **foreseen.answer()}

    @route(
        "GET",
        "/goals/<key>/breakdown",
        scope="metrics:read",
        query=BoardQuery,
        answer=BreakdownAnswer,
    )
    def breakdown(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal for the units one level down."""
        goal, when = goal_named(key), _when(query)
        with self.database.reading() as session:
            tree = self.units.tree(session)
            return goals.breakdown(
                session, tree, goal, query["unit"], when.year, when.day, past=when.past
            )

    def _board(self, unit: str, when: When) -> dict[str, Any]:
        with self.database.reading() as session:
            tree = self.units.tree(session)
            return goals.board(session, tree, unit, when.year, when.day, past=when.past)


def _when(query: dict[str, Any]) -> When:
    """The year and day that are asked for; Invalid for a day ahead or of another year."""
    today, as_of = clock.today(), query["as_of"]
    day = as_of or today
    year = query["year"] or day.year
    if as_of is not None and as_of > today:
        raise Invalid("Ahead", {"as_of": ["The day is in the future."]})
    if as_of is not None and as_of.year != year:
        raise Invalid("Another year", {"as_of": ["The day is not in the year."]})
    return When(year, day, past=as_of is not None)
