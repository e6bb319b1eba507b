"""`python -m tests.chaos`: the long form, with its table; exit 0 only when all is as promised."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

from tests.chaos.disk import disk, may_mount
from tests.chaos.faults import ALL, Fault
from tests.chaos.faults.database import DISK_FULL
from tests.chaos.report import line, table
from tests.chaos.run import Outcome, Strike, conclude, schedule, under_faults, until
from tests.chaos.stage import stage, watched
from tests.chaos.traffic import traffic
from tests.chaos.truth import Truth

MUTATIONS = ("no-marks", "ack-first")


def main() -> int:
    """Read the command line, run, print the table."""
    options = _options()
    # Before there is a second thread; what this process mounts, its children see.
    able = may_mount()
    if not able:
        print(f"{DISK_FULL.name} is left out: this user may mount nothing here", flush=True)
    names = options.only or list(ALL)
    chosen = [ALL[name] for name in names if able or ALL[name] is not DISK_FULL]
    if not chosen:
        return 1
    with tempfile.TemporaryDirectory(prefix="samtal-chaos-") as folder:
        good = False
        try:
            outcome = run(Path(folder), options, chosen)
            good = outcome.good
        finally:
            if options.keep and not good:
                _keep(Path(folder), options.keep)
    print(f"\n{table(outcome)}")
    return 0 if outcome.good else 1


def run(home: Path, options: argparse.Namespace, chosen: Sequence[Fault]) -> Outcome:
    """One run from an empty platform to the comparison."""
    outcome, truth, chance = Outcome(options.seed), Truth(), Random(options.seed)
    plan = schedule(chosen, options.faults, chance)
    start = time.monotonic()
    print(f"seed {options.seed}: {options.faults} faults, {options.events} events", flush=True)
    with ExitStack() as stack:
        full = stack.enter_context(disk()) if DISK_FULL in chosen else None
        found = stack.enter_context(stage(home, full, options.mutate))
        watch = stack.enter_context(watched(found))
        with traffic(found.urls, found.token, truth, options.seed) as busy:
            watch.await_progress("at the start")
            under_faults(found, watch, busy, plan, outcome, chance, options.pace, _tell)
            until(options.events, truth, busy)
        outcome.asked = busy.asked
        conclude(found, truth, outcome)
    outcome.lasted = time.monotonic() - start
    return outcome


def _keep(home: Path, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for log in home.glob("*.log"):
        (place / log.name).write_bytes(log.read_bytes())


def _tell(done: Strike) -> None:
    print(line(done), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--only", action="append", choices=sorted(ALL), metavar="NAME")
    parser.add_argument("--pace", type=float, default=1.0, help="how far to shorten what lasts")
    parser.add_argument("--mutate", choices=MUTATIONS, help="break a promise: the run must fail")
    parser.add_argument("--keep", type=Path, help="a folder for the services' logs of a bad run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
