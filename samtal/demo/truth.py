"""What the board must show, counted by the generator itself from its own facts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from samtal.demo.conversations import ARENAS, Report
from samtal.demo.learning import Owed
from samtal.demo.members import Member
from samtal.demo.plan import Branch, Plan

COUNTED_AS_LEFT = ("own_request", "unpaid")
FLOWS = ("members_recruited", "members_left", "conversations")
KINDS = ("digital_introduction", "member_education")
DECIMALS = 6
"""Of a share, as the board rounds it."""


class Truth:
    """Counts by goal, year and unit, for each unit and all above it."""

    def __init__(self, plan: Plan) -> None:
        self.years = plan.years
        self._counts: dict[tuple[str, int, str], int] = defaultdict(int)

    def members(self, members: Iterable[Member]) -> None:
        """Count who joined, moved and left."""
        for member in members:
            if not member.imported:
                self._add("members_recruited", member.joined_on, member.branch, 1)
            self._add("members", member.joined_on, member.branch, 1)
            if member.moved_on is not None and member.moved_to is not None:
                self._add("members", member.moved_on, member.branch, -1)
                self._add("members", member.moved_on, member.moved_to, 1)
            if member.left_on is not None:
                self._add("members", member.left_on, member.last_branch, -1)
                if member.reason in COUNTED_AS_LEFT:
                    self._add("members_left", member.left_on, member.last_branch, 1)

    def conversations(self, reports: Iterable[Report]) -> None:
        """Count the conversations of reports that stand."""
        for report in reports:
            if not report.void_reason:
                self._add("conversations", report.held_on, report.branch, report.count)
                self._add(report.arena, report.held_on, report.branch, report.count)

    def learning(self, owed: Iterable[Owed]) -> None:
        """Count what was due, and what of it was offered on time."""
        for obligation in owed:
            if not obligation.cancelled:
                branch, due_on = obligation.member.last_branch, obligation.due_on
                self._add(f"{obligation.kind}.due", due_on, branch, 1)
                self._add(f"{obligation.kind}.on_time", due_on, branch, int(obligation.on_time))

    def goals(self, unit: str, year: int) -> dict[str, float | None]:
        """The value of every goal."""
        found: dict[str, float | None] = {key: self._counts[key, year, unit] for key in FLOWS}
        found["members_total"] = sum(
            self._counts["members", earlier, unit] for earlier in range(self.years[0] - 1, year + 1)
        )
        for kind in KINDS:
            due = self._counts[f"{kind}.due", year, unit]
            on_time = self._counts[f"{kind}.on_time", year, unit]
            found[f"{kind}_offered"] = round(on_time / due, DECIMALS) if due else None
        return found

    def arenas(self, unit: str, year: int) -> dict[str, int]:
        """The conversations by arena."""
        return {arena: self._counts[arena, year, unit] for arena in ARENAS}

    def _add(self, key: str, day: date, branch: Branch, count: int) -> None:
        # All that was before the demo's first year is one year to it.
        year = max(day.year, self.years[0] - 1)
        for unit in branch.path:
            self._counts[key, year, unit] += count
