"""Reporters: volunteers and branches at work, who ask again until they are answered."""

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import requests

from tests.chaos.truth import Truth

ARENAS = ("door", "workplace", "neighbourhood", "online", "phone")
SOURCES = ("digital", "recruiter", "conversation")
REASONS = ("own_request", "unpaid")
STEPS = {"one": 8, "batch": 5, "join": 4, "joins": 2, "leave": 2, "transfer": 2, "void": 3}


class Reporter(threading.Thread):
    """Logs, voids, joins, leaves and transfers with ids of its own, until told to stop."""

    def __init__(self, urls: Mapping[str, str], token: str, truth: Truth, seed: int) -> None:
        super().__init__(daemon=True)
        self._urls = urls
        self._truth = truth
        self._random = random.Random(seed)
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._reports: list[dict[str, Any]] = []
        self._members: list[dict[str, Any]] = []
        self.pause = 0.05
        self.most = 20
        self.asked = 0
        self.asked_again = 0
        self.stopping = False
        self.failure: str | None = None

    def run(self) -> None:
        """Step after step; nothing that was begun is left unanswered."""
        names, weights = list(STEPS), list(STEPS.values())
        try:
            while not self.stopping and self.failure is None:
                (step,) = self._random.choices(names, weights)
                getattr(self, f"_{step}")()
                time.sleep(self.pause)
        except Exception as error:  # The runner reads it; a thread's own error is seen by nobody.
            self.failure = f"{type(error).__name__}: {error}"

    def _one(self) -> None:
        report = self._report()
        self._ask("campaign", "/conversations", report)
        self._logged([report])

    def _batch(self) -> None:
        reports = [self._report() for _ in range(self._random.randint(2, self.most))]
        self._ask_batch("campaign", "/conversations/batch", reports)
        self._logged(reports)

    def _join(self) -> None:
        member = self._member()
        self._ask("membership", "/members", member)
        self._joined([member])

    def _joins(self) -> None:
        members = [self._member() for _ in range(self._random.randint(2, 8))]
        self._ask_batch("membership", "/members/batch", members)
        self._joined(members)

    def _leave(self) -> None:
        if not self._members:
            return
        member = self._take(self._members)
        day, reason = f"2026-10-{self._random.randint(1, 28):02}", self._random.choice(REASONS)
        body = {"left_on": day, "reason": reason}
        self._ask("membership", f"/members/{member['id']}/leave", body)
        self._truth.leaves(member["unit"], day, reason)

    def _transfer(self) -> None:
        if not self._members:
            return
        # Once at most: moved again it could not be told from the same request sent again.
        member = self._take(self._members)
        day, unit = f"2026-09-{self._random.randint(1, 28):02}", self._home(but=member["unit"])
        self._ask("membership", f"/members/{member['id']}/transfer", {"unit": unit, "on": day})
        self._truth.transfers(member["unit"], unit, day)

    def _void(self) -> None:
        if not self._reports:
            return
        report = self._take(self._reports)
        self._ask("campaign", f"/conversations/{report['id']}/void", {"reason": "mistake"})
        self._truth.logged(report, -1)

    def _logged(self, reports: list[dict[str, Any]]) -> None:
        for report in reports:
            self._truth.logged(report)
        self._reports = (self._reports + reports)[-500:]

    def _joined(self, members: list[dict[str, Any]]) -> None:
        for member in members:
            self._truth.joins(member)
        self._members = (self._members + members)[-500:]

    def _ask_batch(self, service: str, path: str, items: list[dict[str, Any]]) -> None:
        answer = self._ask(service, path, {"items": items})
        if answer["created"] + answer["exists"] != len(items):
            raise AssertionError(f"a good item was rejected: {answer}")

    def _ask(self, service: str, path: str, body: dict[str, Any]) -> Any:
        """The answer, however often it takes; AssertionError for a refusal."""
        self.asked += 1
        while True:
            try:
                answer = self._http.post(self._urls[service] + path, json=body, timeout=30)
            except requests.RequestException:
                pass  # Cut off, killed, too slow: nobody knows what came of it.
            else:
                if answer.status_code in (200, 201):
                    return answer.json()
                if answer.status_code != 503:
                    refusal = f"{path}: {answer.status_code} {answer.text[:300]}"
                    raise AssertionError(f"{refusal} for {str(body)[:500]}")
            self.asked_again += 1
            time.sleep(0.1)

    def _report(self) -> dict[str, Any]:
        return {
            "id": self._id(),
            "unit": self._random.choice(self._truth.units),
            "arena": self._random.choice(ARENAS),
            "held_on": f"{self._random.choice((2025, 2026))}-0{self._random.randint(1, 9)}-10",
            "count": self._random.randint(1, 9),
        }

    def _member(self) -> dict[str, Any]:
        return {
            "id": self._id(),
            "unit": self._home(),
            "joined_on": f"{self._random.choice((2025, 2026))}-0{self._random.randint(1, 8)}-15",
            "source": self._random.choice(SOURCES),
            "name": "Kim Larsson",
        }

    def _home(self, but: str = "") -> str:
        return self._random.choice([code for code in self._truth.branches if code != but])

    def _take(self, some: list[dict[str, Any]]) -> dict[str, Any]:
        return some.pop(self._random.randrange(len(some)))

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128)))


class Traffic:
    """The reporters together."""

    def __init__(self, reporters: list[Reporter]) -> None:
        self.reporters = reporters

    @property
    def asked(self) -> tuple[int, int]:
        """How many requests were answered, and how often one was sent again."""
        return sum(r.asked for r in self.reporters), sum(r.asked_again for r in self.reporters)

    def check(self) -> None:
        """AssertionError when one of them was refused what is right."""
        failures = [reporter.failure for reporter in self.reporters if reporter.failure]
        if failures:
            raise AssertionError(f"a reporter gave up: {failures[0]}")

    def hurry(self) -> None:
        """Report as fast as can be, in large batches."""
        for reporter in self.reporters:
            reporter.pause, reporter.most = 0.0, 400


@contextmanager
def traffic(
    urls: Mapping[str, str], token: str, truth: Truth, seed: int, threads: int = 4
) -> Iterator[Traffic]:
    """Reporters at work; when the block ends they finish what they have begun."""
    busy = Traffic([Reporter(urls, token, truth, seed * 1000 + n) for n in range(threads)])
    for reporter in busy.reporters:
        reporter.start()
    try:
        yield busy
    finally:
        for reporter in busy.reporters:
            reporter.stopping = True
        for reporter in busy.reporters:
            reporter.join(120)
    busy.check()
    if any(reporter.is_alive() for reporter in busy.reporters):
        raise AssertionError("a reporter was never answered")
