"""The members' lives in the demo: join, move, leave, day by day."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from samtal.demo.calendar import apportion, days_of, joining_weight, spread
from samtal.demo.plan import JOINS, LEAVES, MEMBERS, TRANSFERS, Branch, Plan

SOURCES = {"digital": 46, "recruiter": 22, "conversation": 16, "activity": 9, "union": 7}
REASONS = {"own_request": 52, "unpaid": 33, "death": 12, "exclusion": 3}
YEARS_BEFORE = 25
TRIES = 20
FIRST_NAMES = (
    "Ali", "Anna", "Astrid", "Aylin", "Björn", "Elif", "Elsa", "Erik", "Fatima", "Göran",
    "Hassan", "Ingrid", "Johan", "Karin", "Lars", "Leyla", "Maja", "Nils", "Olof", "Sara",
)  # fmt: skip
LAST_NAMES = (
    "Ahmed", "Andersson", "Berg", "Demir", "Eriksson", "Holm", "Johansson", "Karlsson",
    "Lindberg", "Lund", "Nilsson", "Nyström", "Öberg", "Persson", "Sjögren", "Svensson",
)  # fmt: skip


@dataclass(slots=True)
class Member:
    """One member's whole story up to today."""

    id: str
    name: str
    branch: Branch
    joined_on: date
    source: str
    moved_on: date | None = None
    moved_to: Branch | None = None
    left_on: date | None = None
    reason: str = ""

    @property
    def imported(self) -> bool:
        """Whether the member was one before the demo begins."""
        return self.source == "import"

    @property
    def last_branch(self) -> Branch:
        """Where the member is, or was last."""
        return self.moved_to or self.branch

    def body(self) -> dict[str, object]:
        """The item of `POST /members/batch`."""
        return {
            "id": self.id,
            "unit": self.branch.code,
            "joined_on": self.joined_on.isoformat(),
            "source": self.source,
            "name": self.name,
        }


def lives(plan: Plan) -> list[Member]:
    """Every member there ever was, in order of joining the register."""
    everyone = list(_imported(plan))
    active = list(everyone)
    for year in plan.years:
        everyone.extend(_year(plan, year, active))
    return everyone


def _imported(plan: Plan) -> Iterator[Member]:
    parts = apportion(plan.scaled(MEMBERS), [branch.population for branch in plan.branches])
    end = date(plan.first_year, 1, 1)
    for branch, count in zip(plan.branches, parts, strict=True):
        rng = plan.random("imported", branch.code)
        for number in range(count):
            joined_on = end - timedelta(days=rng.randint(1, YEARS_BEFORE * 365))
            member_id = plan.id("imported", branch.code, number)
            yield Member(member_id, _name(rng), branch, joined_on, "import")


def _year(plan: Plan, year: int, active: list[Member]) -> list[Member]:
    days = days_of(year)
    even = [1.0] * len(days)
    joins = spread(plan.scaled(JOINS), [joining_weight(day) for day in days])
    leaves = spread(plan.scaled(LEAVES), even)
    transfers = spread(plan.scaled(TRANSFERS), even)
    new: list[Member] = []
    for index, day in enumerate(plan.days(year)):
        rng = plan.random(day, "members")
        _move(plan, rng, active, day, transfers[index])
        _leave(rng, active, day, leaves[index])
        # Who joins today comes last: nobody leaves on the day of joining.
        joined = list(_join(plan, rng, day, joins[index]))
        active.extend(joined)
        new.extend(joined)
    return new


def _join(plan: Plan, rng: random.Random, day: date, count: int) -> Iterator[Member]:
    sources = rng.choices(list(SOURCES), list(SOURCES.values()), k=count)
    branches = plan.draw_branches(rng, count)
    for number, (branch, source) in enumerate(zip(branches, sources, strict=True)):
        yield Member(plan.id("joined", day, number), _name(rng), branch, day, source)


def _move(plan: Plan, rng: random.Random, active: list[Member], day: date, count: int) -> None:
    """Let `count` members move who never did; the few who draw their own branch stay."""
    for _ in range(count):
        index = _pick(rng, active, lambda member: member.moved_on is None)
        (branch,) = plan.draw_branches(rng, 1)
        if index is not None and branch != active[index].branch:
            active[index].moved_on, active[index].moved_to = day, branch


def _leave(rng: random.Random, active: list[Member], day: date, count: int) -> None:
    """Let `count` members leave who did not move today, so that each has one fact a day."""
    for _ in range(count):
        (reason,) = rng.choices(list(REASONS), list(REASONS.values()))
        index = _pick(rng, active, lambda member: member.moved_on != day)
        if index is not None:
            active[index].left_on, active[index].reason = day, reason
            active[index] = active[-1]
            active.pop()


def _pick(rng: random.Random, active: list[Member], wanted: Callable[[Member], bool]) -> int | None:
    for _ in range(TRIES if active else 0):
        index = rng.randrange(len(active))
        if wanted(active[index]):
            return index
    return None


def _name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
