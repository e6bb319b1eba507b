"""A consumer that sleeps."""

import os
import signal
from random import Random

from tests.chaos.faults.fault import Fault, last
from tests.chaos.stage import Stage


def sleep(stage: Stage, chance: Random, pace: float) -> None:
    """metrics stands still, and goes on where it was."""
    pid = stage.running["metrics"].process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        last(chance, pace, 3.0, 30.0)
    finally:
        os.kill(pid, signal.SIGCONT)


FAULTS = [Fault("consumer-sleeps", "services", sleep)]
