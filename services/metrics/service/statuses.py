"""The run over the goals' statuses."""

import structlog
from eventlet import sleep
from nameko.timer import timer

from infra import clock
from infra.database import AWAY
from infra.service import Service
from services.metrics import statuses

CHUNK = 80
"""Units looked at in one piece, so that nothing else waits long."""

log = structlog.get_logger("metrics")


class StatusWatch(Service):
    """Tells when a goal's status changes."""

    @timer(interval=60, eager=True)
    def watch_statuses(self) -> None:
        """Tell what has changed; what is left waits for the next minute."""
        try:
            with self.database.reading() as session:
                units = statuses.watched(self.units.tree(session))
            for start in range(0, len(units), CHUNK):
                self._watch(units[start : start + CHUNK])
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _watch(self, units: list[str]) -> None:
        with self.database.reading() as session:
            changes = statuses.changes(session, self.units.tree(session), units, clock.today())
        if changes:
            with self.database.writing() as session:
                statuses.tell(session, changes)
