"""The demo's member education: a course a year, a session a month, some who complete it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from infra.units import ROOT
from samtal.demo.calendar import add_months
from samtal.demo.learning import EDUCATION, Owed
from samtal.demo.plan import Plan

COMPLETED = 0.15
"""Of those to whom it was offered."""

DAY = 15


@dataclass(frozen=True, slots=True)
class Completion:
    """One member completed the course in the session that began `on`."""

    member_id: str
    on: date


def completions(plan: Plan, owed: Iterable[Owed]) -> Iterator[Completion]:
    """Who took part in the session of the month after the offer, and was a member still."""
    for obligation in owed:
        if obligation.kind != EDUCATION or obligation.offered_on is None:
            continue
        member = obligation.member
        on = add_months(obligation.offered_on.replace(day=DAY), 1)
        gone = member.left_on is not None and member.left_on <= on
        takes_part = plan.random(member.id, "completes").random() < COMPLETED
        if takes_part and not gone and on <= plan.today:
            yield Completion(member.id, on)


def course(plan: Plan, year: int) -> dict[str, object]:
    """The body of `POST /courses`."""
    return {
        "id": plan.id("course", year),
        "kind": EDUCATION,
        "title": f"Medlemsutbildning {year}",
        "unit": ROOT,
    }


def session(plan: Plan, on: date) -> dict[str, object]:
    """The body of `POST /sessions`."""
    return {
        "id": plan.id("session", on),
        "course_id": plan.id("course", on.year),
        "unit": ROOT,
        "starts_on": on.isoformat(),
        "mode": "remote",
    }


def enrolment(completed: Iterable[Completion]) -> dict[str, object]:
    """The body of `POST /sessions/{id}/enrolments`."""
    return {"member_ids": [completion.member_id for completion in completed]}


def completion(plan: Plan, completed: Completion) -> dict[str, object]:
    """The body of `POST /sessions/{id}/completions`."""
    return {
        "id": plan.id("completion", completed.member_id),
        "member_id": completed.member_id,
        "completed_on": completed.on.isoformat(),
    }
