"""A PostgreSQL that is restarted and killed."""

from random import Random

from tests.chaos.faults.fault import Fault, last
from tests.chaos.stage import Stage


def restart(stage: Stage, chance: Random, pace: float) -> None:
    """Stopped in good order, back a little later."""
    stage.database.stop()
    last(chance, pace, 0.0, 3.0)
    stage.database.start()


def kill(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of the server and all its sessions; it recovers from its log."""
    stage.database.kill()
    last(chance, pace, 0.0, 6.0)
    stage.database.start()


FAULTS = [
    Fault("restart-database", "database", restart, after=2.0),
    Fault("kill-database", "database", kill, after=2.0),
]
