"""The routes of goals over time."""

from datetime import date
from typing import Any

from infra import clock, csv
from infra.http import Raw, route
from infra.service import Service
from services.metrics import series
from services.metrics.schemas.series import SeriesAnswer, SeriesQuery
from services.metrics.targets import goal_named


class SeriesRoutes(Service):
    """Goals by day, week and month."""

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
