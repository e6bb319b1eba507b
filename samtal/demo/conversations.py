"""The demo's conversations with voters, report by report."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from samtal.demo.calendar import conversation_weight, days_of, is_election_year, spread
from samtal.demo.plan import Branch, Plan

ARENAS = ("door", "phone", "online", "workplace", "neighbourhood", "own_network", "member_activity")
IN_AN_ELECTION_YEAR = (42, 18, 10, 8, 14, 5, 3)
BETWEEN_ELECTIONS = (16, 20, 24, 16, 10, 9, 5)
TOPICS = ("bostad", "jobb", "klimat", "pension", "skola", "trygghet", "vård")
MEAN, MOST = 8.0, 40
VOLUNTEERS = 12
"""In each branch."""

VOIDED = 0.005
REASONS = ("mistake", "duplicate", "withdrawn")


@dataclass(slots=True)
class Report:
    """What one volunteer reports of one day; `void_reason` is empty unless it is taken back."""

    id: str
    branch: Branch
    arena: str
    held_on: date
    count: int
    logged_by: str
    topics: list[str]
    void_reason: str

    def body(self) -> dict[str, object]:
        """The item of `POST /conversations/batch`."""
        return {
            "id": self.id,
            "unit": self.branch.code,
            "arena": self.arena,
            "held_on": self.held_on.isoformat(),
            "count": self.count,
            "logged_by": self.logged_by,
            "topics": self.topics,
        }


def reports(plan: Plan) -> Iterator[Report]:
    """Every report up to today, in order of the day."""
    for year in plan.years:
        for day, counts in _counts(plan, year):
            yield from _day(plan, day, counts)


def _counts(plan: Plan, year: int) -> Iterator[tuple[date, list[int]]]:
    """The sizes of each day's reports; together the year's conversations, to the last one.

    A report may be larger than what is left of its day: the next days then have fewer.
    """
    days = days_of(year)
    a_day = spread(plan.conversations(year), [conversation_weight(day) for day in days])
    rng = plan.random(year, "sizes")
    saved, size = 0, _size(rng)
    for day, had in zip(days, a_day, strict=True):
        saved += had
        counts = []
        while saved >= size:
            counts.append(size)
            saved -= size
            size = _size(rng)
        if day == days[-1] and saved:
            counts.append(saved)
        if day <= plan.today:
            yield day, counts


def _size(rng: random.Random) -> int:
    return min(MOST, 1 + int(rng.expovariate(1 / (MEAN - 0.5))))


def _day(plan: Plan, day: date, counts: list[int]) -> Iterator[Report]:
    rng = plan.random(day, "conversations")
    weights = IN_AN_ELECTION_YEAR if is_election_year(day.year) else BETWEEN_ELECTIONS
    arenas = rng.choices(ARENAS, weights, k=len(counts))
    branches = plan.draw_branches(rng, len(counts))
    for number, (count, arena, branch) in enumerate(zip(counts, arenas, branches, strict=True)):
        yield Report(
            id=plan.id("conversation", day, number),
            branch=branch,
            arena=arena,
            held_on=day,
            count=count,
            logged_by=plan.id("volunteer", branch.code, rng.randrange(VOLUNTEERS)),
            topics=sorted(rng.sample(TOPICS, rng.choice((0, 1, 1, 2)))),
            void_reason=rng.choice(REASONS) if rng.random() < VOIDED else "",
        )
