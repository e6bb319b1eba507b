"""Services that are killed, restarted, and run in several replicas."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from random import Random

import psycopg2

from infra.config import SERVICES
from tests.chaos.faults.fault import ALONE, Fault, last
from tests.chaos.proxy import Withheld, withheld
from tests.chaos.stage import Stage
from tests.process import eventually


def kill(service: str, stage: Stage, chance: Random, pace: float) -> None:
    """kill -9; a supervisor starts it again a little later."""
    stage.kill(stage.running[service])
    last(chance, pace, 0.0, 2.0)
    stage.start(service)


def rolling_restart(stage: Stage, chance: Random, pace: float) -> None:
    """Each is asked to stop, and started again while the next stops: nothing is redelivered."""
    before = stage.redelivered()
    with ThreadPoolExecutor() as pool:
        starts = []
        for service in SERVICES:
            last(chance, pace, 0.2, 1.0)
            stage.stop(stage.running[service])
            starts.append(pool.submit(stage.start, service))
        for start in starts:
            start.result()
    again = stage.redelivered() - before
    if again:
        stage.complaints.append(f"a rolling restart made the broker deliver {again} again")


def kill_unconfirmed(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of campaign when the broker has confirmed what it published, and it has not heard."""
    with withheld(stage.to_broker, Withheld("broker", b"campaign.events")):
        stage.kill(stage.running["campaign"])
    last(chance, pace, 0.0, 2.0)
    stage.start("campaign")


def kill_unacknowledged(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of metrics when it has committed a batch, and the broker has no acknowledgement."""
    with withheld(stage.to_broker, Withheld("client", b"metrics.subscription")):
        stage.kill(stage.running["metrics"])
    last(chance, pace, 0.0, 2.0)
    stage.start("metrics")


def kill_uncommitted(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of metrics in the middle of a transaction, which waits for a lock of ours."""
    with closing(psycopg2.connect(stage.database.url("metrics"))) as held:
        cursor = held.cursor()
        cursor.execute("LOCK TABLE handled")
        eventually(lambda: is_held_up(cursor), "a transaction of metrics waits", 60)
        stage.kill(stage.running["metrics"])
    last(chance, pace, 0.0, 2.0)
    stage.start("metrics")


def is_held_up(cursor: psycopg2.extensions.cursor) -> bool:
    """Whether somebody waits for a lock."""
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    (waiting,) = cursor.fetchone() or (0,)
    return bool(waiting)


def kill_three(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of three replicas of metrics at once."""
    more = [stage.replica("metrics"), stage.replica("metrics")]
    last(chance, pace, 0.5, 4.0)
    stage.kill(stage.running["metrics"], *more)
    last(chance, pace, 0.0, 2.0)
    stage.start("metrics")


def replicas(stage: Stage, chance: Random, pace: float) -> None:
    """Two more of metrics; one is killed, one is stopped."""
    killed, stopped = stage.replica("metrics"), stage.replica("metrics")
    last(chance, pace, 1.0, 4.0)
    stage.kill(killed)
    last(chance, pace, 1.0, 4.0)
    stage.stop(stopped)


FAULTS = [
    *(Fault(f"kill-{name}", "services", partial(kill, name)) for name in SERVICES),
    Fault("kill-unconfirmed", "services", kill_unconfirmed),
    Fault("kill-unacknowledged", "services", kill_unacknowledged),
    Fault("kill-uncommitted", ALONE, kill_uncommitted),
    Fault("kill-three-replicas", "services", kill_three),
    Fault("rolling-restart", ALONE, rolling_restart),
    Fault("replicas", "services", replicas),
]
