"""The facts that metrics publishes."""

from dataclasses import dataclass
from typing import Annotated

from infra.event import Fact
from infra.shape import UnitCode, Version, between, characters, words

STATUSES = ("met", "on_pace", "behind", "missed", "no_target", "no_baseline")

GoalKey = Annotated[str, characters(1, 60, "members_recruited", "conversations")]
Year = Annotated[int, between(2000, 2100)]
Status = Annotated[str, words(STATUSES)]
Target = Annotated[float, between(0)]
# What takes back may come before what it takes back.
Value = Annotated[float, between(-(2**53))]


class MetricsFact(Fact, source="metrics"):
    """Anything that happened in metrics."""


@dataclass(frozen=True)
class GoalStatusChanged(MetricsFact, subject="goal/{goal}/{unit}/{year}"):
    """A goal of the party, a district or a branch has another status than before.

    Told once for each change, within a minute or so; also when only the calendar changed it. Of
    two of the same goal, unit and year, the one with the higher version is the newer.
    """

    goal: GoalKey
    unit: UnitCode
    year: Year
    status: Status
    previous: Status
    version: Version
    value: Value | None = None
    target: Target | None = None
