"""What a fault is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.chaos.stage import Stage

ALONE = "alone"
"""The family of faults that strike at no other's side."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and is put right by the time `strike` returns.

    `strike` gets the stage, chance, and how far to shorten what lasts (1.0: not at all). Two
    faults strike at once only when their families differ. `limit` is the longest time in seconds
    that a strike may keep events from being published; `after`: counted from its end.
    """

    name: str
    family: str
    strike: Callable[[Stage, Random, float], None]
    limit: float | None = None
    after: float | None = None


def last(chance: Random, pace: float, low: float, high: float) -> None:
    """Let it last a while: the moment it ends is the point, so there is nothing to wait for."""
    time.sleep(chance.uniform(low, high) * pace)
