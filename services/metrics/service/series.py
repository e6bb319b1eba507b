"""The routes of goals over time, and of units beside each other."""

from datetime import date
from typing import Any

from infra import clock, csv
from infra.http import Raw, route
from infra.service import Service
from services.metrics import likes, series, weak_units
from services.metrics.schemas.goals import GoalsQuery
from services.metrics.schemas.series import (
    ComparisonAnswer,
    SeriesAnswer,
    SeriesQuery,
    WeakUnitsAnswer,
    WeakUnitsQuery,
)
from services.metrics.targets import goal_named


class SeriesRoutes(Service):
    """Goals by day, week and month; weak units; a unit beside its like."""

    @route(
        "GET", "/goals/<key>/series", scope="metrics:read", query=SeriesQuery, answer=SeriesAnswer
    )
    def goal_series(self, key: str, query: dict[str, Any]) -> dict[str, Any] | Raw:
        """One goal of a unit over time; as CSV with `format=csv`."""
        goal, today = goal_named(key), clock.today()
        last = query["last"] or max(today, query["first"] or today)
        first = query["first"] or date(last.year, 1, 1)
        span = (first, last, query["step"])
        with self.database.reading() as session:
            tree = self.units.tree(session)
            found = series.series(session, tree, goal, query["unit"], span, today)
        if query["format"] == "csv":
            return Raw(series.as_csv(found), csv.CONTENT_TYPE)
        return found

    @route(
        "GET",
        "/goals/<key>/comparison",
        scope="metrics:read",
        query=GoalsQuery,
        answer=ComparisonAnswer,
    )
    def compare_unit(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal of a unit beside units of its size, and beside its own year before."""
        goal, today = goal_named(key), clock.today()
        year = query["year"] or today.year
        with self.database.reading() as session:
            tree = self.units.tree(session)
            return likes.comparison(session, tree, goal, query["unit"], year, today)

    @route("GET", "/weak-units", scope="metrics:read", query=WeakUnitsQuery, answer=WeakUnitsAnswer)
    def weak_units(self, query: dict[str, Any]) -> dict[str, Any]:
        """The units furthest behind with a goal."""
        goal, today = goal_named(query["goal"]), clock.today()
        year = query["year"] or today.year
        with self.database.reading() as session:
            tree = self.units.tree(session)
            return weak_units.weak_units(session, tree, goal, query, year, today)
