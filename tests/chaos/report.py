"""The table of a run."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.run import Outcome, Strike

COLUMNS = ("lasted", "publishing", "counting", "after_publishing", "after_counting")
HEADINGS = ("fault", "times", "lasted", "unpublished", "uncounted", "after, pub.", "after, count.")
SHOWN = 20


def line(done: Strike) -> str:
    """One strike, as it is told while a run goes on."""
    times = "  ".join(f"{name} {getattr(done, name):.1f}" for name in COLUMNS)
    return f"{done.name:<42} {times}" + (f"  TOO LONG: {done.too_long}" if done.too_long else "")


def table(outcome: Outcome) -> str:
    """The whole table: the longest time of each kind of fault in seconds, then the sums."""
    return "\n".join([*_faults(outcome), "", *_sums(outcome), *_wrong(outcome)])


def _faults(outcome: Outcome) -> Iterator[str]:
    by_name: dict[str, list[Strike]] = defaultdict(list)
    for done in outcome.strikes:
        by_name["two at once" if " + " in done.name else done.name].append(done)
    yield f"{HEADINGS[0]:<22}" + "".join(f"{heading:>14}" for heading in HEADINGS[1:])
    for name in sorted(by_name):
        longest = (max(getattr(s, column) for s in by_name[name]) for column in COLUMNS)
        cells = "".join(f"{seconds:>14.1f}" for seconds in longest)
        yield f"{name:<22}{len(by_name[name]):>14}{cells}"


def _sums(outcome: Outcome) -> Iterator[str]:
    lost, double = outcome.lost_and_double
    faults = sum(1 + done.name.count(" + ") for done in outcome.strikes)
    for name, value in (
        ("seed", outcome.seed),
        ("faults injected", faults),
        ("events", outcome.events),
        ("requests, sent again", f"{outcome.asked[0]}, {outcome.asked[1]}"),
        ("duplicates offered", outcome.offered_again),
        ("redeliveries", outcome.redelivered),
        ("nodes restarted by hand", outcome.nodes_restarted),
        ("lost", lost),
        ("double", double),
        ("counters that are wrong", len(outcome.differences)),
        ("dead letters expected", outcome.letters_expected),
        ("dead letters found", outcome.letters_found),
        ("seconds to catch up", f"{outcome.catch_up:.1f}"),
        ("seconds in all", f"{outcome.lasted:.0f}"),
    ):
        yield f"{name:<26}{value:>14}"


def _wrong(outcome: Outcome) -> Iterator[str]:
    if outcome.complaints or outcome.differences:
        yield ""
    for complaint in outcome.complaints:
        yield f"WRONG  {complaint}"
    for difference in outcome.differences[:SHOWN]:
        yield f"WRONG  {difference}"
    if len(outcome.differences) > SHOWN:
        yield f"WRONG  and {len(outcome.differences) - SHOWN} counters more"
