"""Metrics: the goal counters, current at every level, and exactly right."""

from services.metrics.service.counting import Counting
from services.metrics.service.goals import GoalRoutes
from services.metrics.service.page import PageRoutes
from services.metrics.service.rebuilds import RebuildRoutes
from services.metrics.service.series import SeriesRoutes
from services.metrics.service.statuses import StatusWatch
from services.metrics.service.targets import TargetRoutes


class MetricsService(
    Counting,
    GoalRoutes,
    PageRoutes,
    RebuildRoutes,
    SeriesRoutes,
    StatusWatch,
    TargetRoutes,
):
    """All routes, RPC, subscriptions and the timer of metrics."""

    name = "metrics"
