"""Metrics: the goal counters, current at every level, and exactly right."""

from services.metrics.service.counting import Counting
from services.metrics.service.goals import GoalRoutes
from services.metrics.service.page import PageRoutes
from services.metrics.service.rebuilds import RebuildRoutes
from services.metrics.service.targets import TargetRoutes


class MetricsService(
    Counting,
    GoalRoutes,
    PageRoutes,
    RebuildRoutes,
    TargetRoutes,
):
    """All routes, RPC and subscriptions of metrics."""

    name = "metrics"
