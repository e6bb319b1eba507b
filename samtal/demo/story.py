"""All facts of one demo, and what they add up to."""

from dataclasses import dataclass
from functools import cached_property

from samtal.demo import conversations, learning, members
from samtal.demo.conversations import Report
from samtal.demo.learning import Owed
from samtal.demo.members import Member
from samtal.demo.plan import Plan
from samtal.demo.truth import Truth


@dataclass(frozen=True)
class Story:
    """Everything that the plan lets happen up to today."""

    plan: Plan
    members: list[Member]
    reports: list[Report]
    owed: list[Owed]

    @cached_property
    def truth(self) -> Truth:
        """What the board must show."""
        truth = Truth(self.plan)
        truth.members(self.members)
        truth.conversations(self.reports)
        truth.learning(self.owed)
        return truth


def tell(plan: Plan) -> Story:
    """Generate the facts; the same plan always gives the same."""
    everyone = members.lives(plan)
    reports = list(conversations.reports(plan))
    return Story(plan, everyone, reports, list(learning.owed(plan, everyone)))
