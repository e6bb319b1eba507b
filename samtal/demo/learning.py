"""What new members are owed in the demo, what is offered to them and when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from samtal.demo.calendar import add_months
from samtal.demo.members import Member
from samtal.demo.plan import Plan

INTRODUCTION, EDUCATION = "digital_introduction", "member_education"
MONTHS = {INTRODUCTION: 1, EDUCATION: 6}
ON_TIME = {INTRODUCTION: 0.86, EDUCATION: 0.80}
LATE = 0.08
MOST_DAYS_LATE = 60


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation; `offered_on` is None when nothing is offered by today."""

    member: Member
    kind: str
    due_on: date
    offered_on: date | None

    @property
    def cancelled(self) -> bool:
        """Whether the member left before it was met."""
        return self.offered_on is None and self.member.left_on is not None

    @property
    def on_time(self) -> bool:
        """Whether it was met by the day it was due."""
        return self.offered_on is not None and self.offered_on <= self.due_on


def owed(plan: Plan, members: Iterable[Member]) -> Iterator[Owed]:
    """Every obligation that the members' joining opens."""
    for member in members:
        if member.imported:
            yield Owed(member, EDUCATION, _due_after_import(plan, member), None)
        else:
            for kind in MONTHS:
                yield _owed(plan, member, kind)


def _owed(plan: Plan, member: Member, kind: str) -> Owed:
    due_on = add_months(member.joined_on, MONTHS[kind])
    offered_on = _offered_on(plan, member, kind, due_on)
    if offered_on is not None and offered_on > plan.today:
        offered_on = None
    if offered_on is not None and member.left_on is not None and offered_on >= member.left_on:
        offered_on = None
    return Owed(member, kind, due_on, offered_on)


def _offered_on(plan: Plan, member: Member, kind: str, due_on: date) -> date | None:
    """The day of the offer, come what may; None when it is forgotten."""
    rng = plan.random(member.id, kind)
    chance = rng.random()
    if chance < ON_TIME[kind]:
        span = (due_on - member.joined_on).days
        return member.joined_on + timedelta(days=rng.randint(1, span))
    if chance < ON_TIME[kind] + LATE:
        return due_on + timedelta(days=rng.randint(1, MOST_DAYS_LATE))
    return None


def _due_after_import(plan: Plan, member: Member) -> date:
    """Six months after joining or, where that is past, after the day of the import."""
    due_on = add_months(member.joined_on, MONTHS[EDUCATION])
    if due_on >= plan.imported_on:
        return due_on
    return add_months(plan.imported_on, MONTHS[EDUCATION])
