"""The timer that counts the volunteers of each week."""

import structlog
from eventlet import sleep
from nameko.timer import timer

from infra import clock
from infra.database import AWAY
from infra.service import Service
from services.campaign import volunteers

log = structlog.get_logger("campaign")


class VolunteerCounts(Service):
    """How many people logged conversations, told week by week."""

    @timer(interval=60, eager=True)
    def count_volunteers(self) -> None:
        """Count the weeks that are over, and again those of late reports; a transaction each."""
        try:
            with self.database.reading() as session:
                weeks = volunteers.due(session, clock.now())
            for week in weeks:
                with self.database.writing() as session:
                    volunteers.count(session, self.units.tree(session), week)
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)
