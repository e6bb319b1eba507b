"""The route of segments, and the timer that counts them once a day."""

import time
from datetime import date
from typing import Any

import structlog
from eventlet import sleep
from nameko.timer import timer

from infra import clock
from infra.database import AWAY
from infra.http import route
from services.membership import countings, segments
from services.membership.schemas.segments import SegmentsAnswer, SegmentsQuery
from services.membership.segments import Tally
from services.membership.service.dependencies import Base

CHUNK = 100
"""Members unsealed at a time: milliseconds, so that no request waits long for the loop."""

SEGMENTS = SegmentsAnswer()

log = structlog.get_logger("membership")


class SegmentRoutes(Base):
    """Segments: how many members are young, active in a union, interested in something."""

    @route("GET", "/segments", scope="membership:read", query=SegmentsQuery, answer=SegmentsAnswer)
    def show_segments(self, query: dict[str, Any]) -> dict[str, Any]:
        """Counts of a unit with all below it, as of the last counting; small ones are hidden."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            found = countings.of_unit(session, query["unit"])
        shown: dict[str, Any] = SEGMENTS.dump(found)
        return shown

    @timer(interval=600, eager=True)
    def count_segments(self) -> None:
        """Count the segments if nobody has today, a little at a time."""
        try:
            self._count_segments(clock.today())
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _count_segments(self, today: date) -> None:
        started = time.monotonic()
        with self.database.writing() as session:
            run = countings.begin(session, today, clock.now())
        if run is None:
            return
        tally = Tally(today, self.settings.young_age)
        members = self._count_members(tally)
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            tally.count_prospects(session, tree)
        for rows in tally.shown(tree):
            with self.database.writing() as session:
                segments.keep(session, run, rows)
            sleep(0)
        with self.database.writing() as session:
            finished = countings.finish(session, tree, run, today)
        if finished:
            seconds = round(time.monotonic() - started, 1)
            log.info("segments_counted", members=members, seconds=seconds)

    def _count_members(self, tally: Tally) -> int:
        vault = self.open_vault()
        counted, after = 0, segments.FIRST
        while True:
            with self.database.reading() as session:
                members = segments.some_members(session, after, CHUNK)
            tally.count(members, vault)
            counted += len(members)
            if len(members) < CHUNK:
                return counted
            after = members[-1].id
            sleep(0)
