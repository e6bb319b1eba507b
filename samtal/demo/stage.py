"""Plays a story through the HTTP APIs: what was played before is answered `exists`."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import click
from rich.progress import Progress

from samtal.client import BATCH, Client, reason
from samtal.demo import courses
from samtal.demo.conversations import Report
from samtal.demo.learning import Owed
from samtal.demo.members import Member
from samtal.demo.plan import Plan
from samtal.demo.story import Story

PARALLEL = 8
OBLIGATIONS_STILL = 30.0
"""Seconds without any progress after which waiting for obligations is given up."""

POLL = 0.05
OBLIGATION_STATUSES = ("open", "overdue", "met", "met_late", "cancelled")


@dataclass(frozen=True)
class Stage:
    """Where a story is played, with a bar for each act."""

    client: Client
    bars: Progress

    def play(self, story: Story) -> None:
        """All acts, in an order in which each finds what it builds on."""
        self._targets(story.plan)
        self._batches("Members", "membership", "/members/batch", story.members)
        self._batches("Conversations", "campaign", "/conversations/batch", story.reports)
        self._each("Reports taken back", [r for r in story.reports if r.void_reason], self._void)
        self._wait_for_obligations(len(story.owed))
        offers = [Offer(story.plan, owed) for owed in story.owed if owed.offered_on is not None]
        self._batches("Offers", "training", "/offers/batch", offers)
        self._each("Transfers", [m for m in story.members if m.moved_on], self._transfer)
        self._each("Leaves", [m for m in story.members if m.left_on], self._leave)
        self._courses(story)

    def _targets(self, plan: Plan) -> None:
        for year in plan.years:
            for key, target in plan.targets(year).items():
                self.client.put("metrics", f"/targets/{key}/{year}/SE", {"target": target})
        source = f"demo: the programme's figure at scale {plan.scale}"
        for key, value in plan.baselines().items():
            self.client.put("metrics", f"/baselines/{key}", {"value": value, "source": source})

    def _courses(self, story: Story) -> None:
        plan = story.plan
        completed = list(courses.completions(plan, story.owed))
        for year in sorted({completion.on.year for completion in completed}):
            self.client.post("training", "/courses", courses.course(plan, year))
        for on in sorted({completion.on for completion in completed}):
            self.client.post("training", "/sessions", courses.session(plan, on))
            came = [completion for completion in completed if completion.on == on]
            path = f"/sessions/{courses.session(plan, on)['id']}/enrolments"
            for at in range(0, len(came), BATCH):
                enrolment = courses.enrolment(came[at : at + BATCH])
                self.client.post("training", path, enrolment)

        def complete(completion: courses.Completion) -> None:
            path = f"/sessions/{courses.session(plan, completion.on)['id']}/completions"
            self.client.post("training", path, courses.completion(plan, completion))

        self._each("Courses completed", completed, complete)

    def _void(self, report: Report) -> None:
        path = f"/conversations/{report.id}/void"
        self.client.post("campaign", path, {"reason": report.void_reason})

    def _transfer(self, member: Member) -> None:
        body = {"unit": member.last_branch.code, "on": str(member.moved_on)}
        self.client.post("membership", f"/members/{member.id}/transfer", body)

    def _leave(self, member: Member) -> None:
        body = {"left_on": str(member.left_on), "reason": member.reason}
        self.client.post("membership", f"/members/{member.id}/leave", body)

    def _batches(self, what: str, service: str, path: str, facts: Sequence[Any]) -> None:
        def send(batch: Sequence[Any]) -> int:
            answer = self.client.post(service, path, {"items": [fact.body() for fact in batch]})
            if answer["rejected"]:
                why = _first_refusal(answer["results"])
                raise click.ClickException(f"{service} refused one of the {what.lower()}: {why}")
            return len(batch)

        batches = [facts[at : at + BATCH] for at in range(0, len(facts), BATCH)]
        self._all(what, len(facts), send, batches)

    def _each(self, what: str, facts: Sequence[Any], send: Callable[[Any], None]) -> None:
        def send_one(fact: Any) -> int:
            send(fact)
            return 1

        self._all(what, len(facts), send_one, facts)

    def _all(self, what: str, total: int, send: Callable[[Any], int], parts: Sequence[Any]) -> None:
        task = self.bars.add_task(what, total=total)
        pool = ThreadPoolExecutor(PARALLEL)
        try:
            for done in pool.map(send, parts):
                self.bars.advance(task, done)
        finally:
            # Told to stop, or refused: what was not sent yet stays unsent.
            pool.shutdown(cancel_futures=True)

    def _wait_for_obligations(self, wanted: int) -> None:
        """Training opens them when it hears of the members; offers can meet them then."""
        task = self.bars.add_task("Obligations opened", total=wanted)
        opened, moved = -1, time.monotonic()
        while opened < wanted:
            found = obligations(self.client)
            if found > opened:
                opened, moved = found, time.monotonic()
                self.bars.update(task, completed=min(opened, wanted))
            elif time.monotonic() - moved > OBLIGATIONS_STILL:
                raise click.ClickException(
                    f"training has opened {opened} obligations of {wanted} and no more come: "
                    "run samtal doctor"
                )
            else:
                time.sleep(POLL)


@dataclass(frozen=True)
class Offer:
    """What was offered to a member."""

    plan: Plan
    owed: Owed

    def body(self) -> dict[str, object]:
        """The item of `POST /offers/batch`."""
        member = self.owed.member
        return {
            "id": self.plan.id("offer", member.id, self.owed.kind),
            "member_id": member.id,
            "kind": self.owed.kind,
            "offered_on": str(self.owed.offered_on),
        }


def obligations(client: Client) -> int:
    """How many obligations there are, whatever became of them."""
    summary = client.get("training", "/obligations/summary")
    return sum(summary[status] for status in OBLIGATION_STATUSES)


def _first_refusal(results: Sequence[dict[str, Any]]) -> str:
    errors = next(result["errors"] for result in results if result["status"] == "rejected")
    return reason("no reason given", errors)
