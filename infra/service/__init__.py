"""What every service is made of: its dependencies, its common routes, its life.

A service class derives from `Service`, names itself, and adds routes, RPC methods, subscriptions
and timers. Its transactions are `self.database.writing()` and `.reading()`.
"""

from infra.service.base import Service
from infra.service.container import Container
from infra.service.dependencies import RebuildProvider
from infra.service.subscribe import subscribe

__all__ = ["Container", "RebuildProvider", "Service", "subscribe"]
