"""A run: faults at random times under traffic, then the comparison with the truth."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random

from tests.chaos.faults.fault import ALONE, Fault
from tests.chaos.stage import Stage
from tests.chaos.traffic import Traffic
from tests.chaos.truth import Difference, Truth, lost_and_double
from tests.chaos.watch import Watch
from tests.process import eventually

SETTLED = 180.0


@dataclass(frozen=True)
class Strike:
    """One fault, or two at once, and how long it kept events from being published and counted.

    `after_…`: from the end of the fault to the first event published, counted.
    """

    name: str
    lasted: float
    publishing: float
    counting: float
    after_publishing: float
    after_counting: float
    too_long: str | None


@dataclass
class Outcome:
    """What a run found."""

    seed: int
    strikes: list[Strike] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    events: int = 0
    asked: tuple[int, int] = (0, 0)
    offered_again: int = 0
    nodes_restarted: int = 0
    redelivered: int = 0
    letters_expected: int = 0
    letters_found: int = 0
    catch_up: float = 0.0
    lasted: float = 0.0

    @property
    def lost_and_double(self) -> tuple[int, int]:
        """What the party's counters miss, and what they have too much."""
        return lost_and_double(self.differences)

    @property
    def good(self) -> bool:
        """Nothing was lost, doubled, or otherwise not as promised."""
        return not self.differences and not self.complaints


def schedule(faults: Sequence[Fault], count: int, chance: Random) -> list[list[Fault]]:
    """`count` faults in a random order, each kind about as often; some two at once."""
    bag: list[Fault] = []
    while len(bag) < count:
        bag += chance.sample(faults, len(faults))
    plan: list[list[Fault]] = []
    for fault in bag[:count]:
        beside = plan[-1] if plan else []
        families = {fault.family, *(other.family for other in beside)}
        fits = len(beside) == 1 and len(families) == 2 and ALONE not in families
        if fits and chance.random() < 0.25:
            beside.append(fault)
        else:
            plan.append([fault])
    return plan


def strike(
    stage: Stage, watch: Watch, faults: Sequence[Fault], chance: Random, pace: float
) -> Strike:
    """Let one fault strike, or several at once; returns when events flow again."""
    start = time.monotonic()
    _all_at_once([partial(fault.strike, stage, _own(chance), pace) for fault in faults])
    end = time.monotonic()
    stage.mend()
    name = " + ".join(sorted(fault.name for fault in faults))
    watch.await_progress(f"after {name}", 120)
    now = time.monotonic()
    first = partial(watch.first_after, start=end)
    gap = partial(watch.longest_gap, start=start, end=now)
    found = Strike(
        name,
        end - start,
        gap("publishing"),
        gap("counting"),
        first("publishing"),
        first("counting"),
        None,
    )
    return found if len(faults) > 1 else _judged(found, faults[0])


def conclude(stage: Stage, truth: Truth, outcome: Outcome) -> None:
    """Wait until everything has had its effect, then compare every counter with the truth."""
    start = time.monotonic()
    with suppress(AssertionError):
        stage.settle(SETTLED)
        outcome.catch_up = time.monotonic() - start
    if not outcome.catch_up:
        outcome.complaints.append(f"not caught up after {SETTLED:g} s")
    stage.mend()
    _compare_letters(stage, outcome)
    outcome.differences = truth.differences(stage.board)
    owed = stage.get("training", "/obligations/summary?unit=SE")
    if sum(owed[status] for status in STATUSES) != 2 * truth.joined:
        outcome.complaints.append(f"{truth.joined} joined, but training's obligations are {owed}")
    outcome.events = sum(
        stage.get(name, "/events?limit=1")["head"] for name in ("membership", "campaign")
    )
    outcome.offered_again = stage.offered_again
    outcome.nodes_restarted = stage.nodes_restarted
    outcome.redelivered += stage.redelivered()
    outcome.complaints += stage.complaints


STATUSES = ("open", "met", "met_late", "overdue", "cancelled")


def under_faults(
    stage: Stage,
    watch: Watch,
    busy: Traffic,
    plan: Sequence[Sequence[Fault]],
    outcome: Outcome,
    chance: Random,
    pace: float,
    tell: Callable[[Strike], None],
) -> None:
    """Strike after strike, with a while between them."""
    for faults in plan:
        time.sleep(chance.uniform(0.2, 2.0) * pace)
        busy.check()
        done = strike(stage, watch, faults, chance, pace)
        outcome.strikes.append(done)
        if done.too_long:
            outcome.complaints.append(f"{done.name}: {done.too_long}")
        tell(done)


def until(events: int, truth: Truth, busy: Traffic, seconds: float = 1800.0) -> None:
    """Report on, in haste, until there are as many events."""
    busy.hurry()

    def enough() -> bool:
        busy.check()
        return truth.events >= events

    eventually(enough, f"{events} events", seconds)


def _all_at_once(works: Sequence[Callable[[], None]]) -> None:
    failed: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def _own(chance: Random) -> Random:
    return Random(chance.getrandbits(64))


def _judged(found: Strike, fault: Fault) -> Strike:
    wrong = None
    if fault.limit is not None and found.publishing > fault.limit:
        wrong = f"nothing published for {found.publishing:.1f} s, more than {fault.limit:g} s"
    if fault.after is not None and found.after_publishing > fault.after:
        wrong = f"published {found.after_publishing:.1f} s after, more than {fault.after:g} s"
    return Strike(**{**vars(found), "too_long": wrong})


def _compare_letters(stage: Stage, outcome: Outcome) -> None:
    found, wanted = stage.letters(), stage.expected_letters
    outcome.letters_expected, outcome.letters_found = len(wanted), len(found)
    for digest in sorted(found.keys() - wanted):
        outcome.complaints.append(f"a dead letter that nobody sent: {found[digest][:300]}")
    if wanted - found.keys():
        outcome.complaints.append(f"{len(wanted - found.keys())} dead letters are missing")
