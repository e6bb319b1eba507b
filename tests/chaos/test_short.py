"""The short form: a few faults of each family, and a broken promise that must be noticed.

The tests share one platform and run in this order: a mutation spoils the counters for good.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import psycopg2
import pytest

from tests.chaos.faults import ALL, messages
from tests.chaos.faults.services import is_held_up
from tests.chaos.report import line, table
from tests.chaos.run import Outcome, Strike, conclude, under_faults
from tests.chaos.stage import Stage, stage, watched
from tests.chaos.traffic import traffic
from tests.chaos.truth import Difference, Truth, lost_and_double
from tests.process import eventually

SEED = 20_261_123
PACE = 0.3
PLAN = [
    ["kill-leader", "kill-unacknowledged", "twice"],
    ["cut-database", "poison"],
    ["cut-broker", "restart-database", "backwards"],
    ["clock-set-back", "kill-unconfirmed"],
    ["rolling-restart"],
]


@dataclass
class Short:
    """The platform and the truth that the tests share."""

    stage: Stage
    truth: Truth

    def differences(self) -> list[Difference]:
        """What is wrong with the counters of the whole party."""
        return self.truth.differences(self.stage.board, ["SE"])

    def is_published(self) -> bool:
        """Whether the producers have nothing left to publish."""
        unsent = "SELECT (SELECT count(*) FROM outbox) + head - position FROM feed_head, published"
        return all(
            self.stage.database.execute(unsent, database=name) == "0"
            for name in ("membership", "campaign")
        )

    def mutate(self, mutation: str | None) -> None:
        """Run metrics with a promise broken, or whole again."""
        self.stage.stop(self.stage.running["metrics"])
        self.stage.mutation = mutation
        self.stage.start("metrics")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Short]:
    with stage(tmp_path_factory.mktemp("chaos")) as found:
        yield Short(found, Truth())


def tell(done: Strike) -> None:
    """Shown when the test fails."""
    print(line(done))


@pytest.mark.timeout(240)
def test_nothing_is_lost_or_counted_twice_under_faults(short: Short) -> None:
    outcome, chance = Outcome(SEED), Random(SEED)
    plan = [[ALL[name] for name in names] for names in PLAN]
    with (
        watched(short.stage) as watch,
        traffic(short.stage.urls, short.stage.token, short.truth, SEED) as busy,
    ):
        under_faults(short.stage, watch, busy, plan, outcome, chance, PACE, tell)
    conclude(short.stage, short.truth, outcome)
    # How long a busy machine takes is told by `make chaos`, and so is what RabbitMQ gives back of
    # itself when a consumer is cancelled in the midst of a flow; what is lost is told here too.
    timing = ("more than", "made the broker deliver")
    outcome.complaints = [c for c in outcome.complaints if not any(why in c for why in timing)]
    assert outcome.good, table(outcome)
    assert outcome.events > 500
    assert outcome.letters_found == 7


def killed_while_counting(short: Short, seed: int) -> None:
    """kill -9 of metrics while the database keeps its transaction waiting.

    With the seed of another call the same would be reported again, and nothing would be new.
    """
    short.stage.settle()
    counting = psycopg2.connect(short.stage.database.url("metrics"))
    with counting.cursor() as cursor:
        cursor.execute("LOCK TABLE handled")
        with traffic(short.stage.urls, short.stage.token, short.truth, seed) as busy:
            eventually(lambda: busy.asked[0] > 20, "something is reported")
        eventually(lambda: is_held_up(cursor), "a transaction of metrics waits")
        eventually(short.is_published, "all is published")
        short.stage.kill(short.stage.running["metrics"])
    counting.close()
    short.stage.start("metrics")


def test_what_was_not_counted_before_a_kill_is_counted_after_it(short: Short) -> None:
    killed_while_counting(short, SEED + 1)
    short.stage.settle()
    assert short.differences() == []


def test_acknowledging_before_counting_is_noticed(short: Short) -> None:
    short.mutate("ack-first")
    killed_while_counting(short, SEED + 2)
    eventually(lambda: short.stage.waiting() == 0, "the queues are empty", 60)
    lost, _ = lost_and_double(short.differences())
    assert lost > 0


def test_counting_without_marks_is_noticed(short: Short) -> None:
    short.mutate("no-marks")
    messages.twice(short.stage, Random(SEED), PACE)
    eventually(lambda: lost_and_double(short.differences())[1] > 0, "doubles are noticed", 60)
