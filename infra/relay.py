"""Outbox → feed → subscribers: gives positions, then delivers what has one.

Positions are given whether or not anybody can be reached. Every replica of a producer runs a
relay; locks in the database let one at a time sequence, and one at a time deliver, in order.
"""

import time
from collections.abc import Callable
from threading import Event as Signal

import structlog

from infra import outbox, telemetry
from infra.database import AWAY, Database
from infra.errors import DeclaredOtherwise

log = structlog.get_logger(__name__)

POLL = 2.0
"""Seconds between looks when no commit wakes the relay: the net under a lost wake-up."""

REST = 0.02
"""Seconds after a round that moved something: under load facts go together, and requests first."""

BATCH = 1000
BACKOFF = (0.1, 0.2, 0.5, 1.0)


class Relay:
    """Runs until stopped; `deliver` offers the feed to the subscribers, from where it stopped."""

    def __init__(self, database: Database, deliver: Callable[[], None]) -> None:
        self._database = database
        self._deliver = deliver
        self._signal = Signal()
        self._stopping = False
        self._failures = 0
        database.after_commit(outbox.APPENDED, self.wake)

    def wake(self) -> None:
        """There may be something to do."""
        self._signal.set()

    def stop(self) -> None:
        """Finish the round in hand, then leave `run`."""
        self._stopping = True
        self._signal.set()

    def run(self) -> None:
        """Sequence and deliver until stopped; errors are waited out.

        Only DeclaredOtherwise is raised, which no waiting mends.
        """
        while not self._stopping:
            self._signal.clear()
            wait, started = POLL, time.monotonic()
            try:
                moved = self.round()
            except DeclaredOtherwise:
                raise
            except Exception as error:
                # A round that a silent broker has held up has waited already.
                wait = max(0.0, self._failed(error) - (time.monotonic() - started))
            else:
                self._recovered()
                if moved:
                    time.sleep(REST)
            if not self._stopping:
                self._signal.wait(wait)

    def round(self) -> int:
        """Give positions to all that is committed, and deliver it; answer how many were given."""
        moved = count = self._sequence()
        while count == BATCH:
            count = self._sequence()
            moved += count
        self._deliver()
        return moved

    def _sequence(self) -> int:
        with self._database.writing() as session:
            count = outbox.sequence(session, BATCH)
        telemetry.SEQUENCED.labels(self._database.service).inc(count)
        return count

    def _failed(self, error: Exception) -> float:
        if self._failures == 0:
            away = "database" if isinstance(error, AWAY) else "broker"
            log.warning("relay_waiting", away=away, error=str(error)[:300])
        wait = BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1
        return wait

    def _recovered(self) -> None:
        if self._failures:
            log.info("relay_flowing", failures=self._failures)
        self._failures = 0
