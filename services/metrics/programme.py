"""The reform programme's own numbers, and the goals that metrics follows it up by.

Source: the programme's three measurable goals. Its figures from before: 9,237 recruited a year on
average 2015-2018, 95,000 members on 31 December 2018. It gives none for how many leave.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from services.metrics.undertakings import HELD


class Kind(Enum):
    """How a goal's value comes about, and with it what its status means."""

    FLOW = "flow"
    STOCK = "stock"
    SHARE = "share"
    CEILING = "ceiling"


@dataclass(frozen=True)
class Goal:
    """One goal: where its value comes from, and when it is met.

    `measures` are the counters' measures, or with a dot at the end how they begin. `beyond`: the
    target must be passed, not merely reached. `baseline` and `target` are the programme's, for
    the whole party; `everywhere` is a target that holds for every unit; with `levels` the target
    is the number of open units of these kinds in the subtree, or what `each` says for every one of
    its kind, and of a `rising` one what it was the year before.
    """

    key: str
    kind: Kind
    measures: tuple[str, ...]
    beyond: bool = False
    baseline: int | None = None
    target: int | None = None
    everywhere: float | None = None
    levels: tuple[str, ...] = ()
    each: Mapping[str, int] | None = None
    rising: bool = False

    def counts(self, measure: str) -> bool:
        """Whether what a counter measures is part of the value."""
        return is_of(measure, self.measures)


def is_of(measure: str, names: Collection[str]) -> bool:
    """Whether a measure is one of `names`, or begins with one of those that end with a dot."""
    return any(
        measure.startswith(name) if name.endswith(".") else measure == name for name in names
    )


def _officers(key: str, *levels: str) -> Goal:
    return Goal(key, Kind.STOCK, (key,), levels=levels)


GOALS = {
    goal.key: goal
    for goal in (
        Goal("members_recruited", Kind.FLOW, ("recruited.",), baseline=9_237, target=10_000),
        Goal(
            "members_total",
            Kind.STOCK,
            ("members",),
            beyond=True,
            baseline=95_000,
            target=100_000,
        ),
        Goal("members_left", Kind.CEILING, ("left.own_request", "left.unpaid")),
        Goal("conversations", Kind.FLOW, ("conversations.",), target=200_000),
        Goal("member_education_offered", Kind.SHARE, ("member_education",), everywhere=1.0),
        Goal("digital_introduction_offered", Kind.SHARE, ("digital_introduction",), everywhere=1.0),
        Goal("leader_education_offered", Kind.SHARE, ("leader_education",), everywhere=1.0),
        Goal("local_activities", Kind.FLOW, ("activities.",), beyond=True, rising=True),
        _officers("welcome_officers", "district", "branch"),
        _officers("programme_officers", "branch"),
        _officers("union_leaders", "branch"),
        Goal("conference_attendance", Kind.FLOW, ("conference",), levels=("district", "branch")),
        Goal("commitments_fulfilled", Kind.STOCK, ("commitments.",), levels=tuple(HELD), each=HELD),
    )
}

SHOWN = ("participants", "guests", "decision_meetings")
"""Measures that the board shows beside the goals, without a target."""


def is_election_year(year: int) -> bool:
    """Whether the riksdag, the regions and the municipalities are elected that year."""
    return year % 4 == 2


def own_target(goal: Goal, year: int) -> float | None:
    """The programme's target for the whole party; none for conversations in an election year."""
    if goal.key == "conversations" and is_election_year(year):
        return None
    return goal.target


def ceiling(baseline: float) -> int:
    """How many may leave: 20 % fewer than the baseline."""
    return int(baseline * 4 // 5)
