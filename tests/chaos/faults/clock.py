"""A clock that is set."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

import requests

from infra.config import SERVICES
from tests.chaos.faults.fault import Fault, last
from tests.chaos.stage import Stage
from tests.process import eventually

HOUR = timedelta(hours=1)


def set_back(stage: Stage, chance: Random, pace: float) -> None:
    """The clock of all services is set back an hour, and forward again."""
    with stage.clock.moved(-1):
        await_clock(stage, -1)
        last(chance, pace, 2.0, 10.0)


def await_clock(stage: Stage, hours: int) -> None:
    """Wait until every service that answers goes by the clock that was set."""
    eventually(lambda: all(_goes_by(stage, name, hours) for name in SERVICES), "clocks are set", 60)


def _goes_by(stage: Stage, service: str, hours: int) -> bool:
    try:
        answer = requests.get(f"{stage.urls[service]}/health/live", timeout=5)
    except requests.RequestException:
        return False
    error = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC) - hours * HOUR
    return abs(error) < timedelta(minutes=1)


FAULTS = [Fault("clock-set-back", "clock", set_back)]
