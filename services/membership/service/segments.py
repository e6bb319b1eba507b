"""The route of segments, and the timer that counts them once a day."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import structlog
from eventlet import sleep
from nameko.extensions import DependencyProvider
from nameko.timer import timer

from infra import clock
from infra.database import AWAY
from infra.http import route
from services.membership import countings, segments
from services.membership.schemas.segments import SegmentsAnswer, SegmentsQuery
from services.membership.segments import Tally
from services.membership.service.dependencies import Base

CHUNK = 200
"""Members read at a time."""

STEP = 20
"""Members unsealed at a time: two milliseconds, and a request waits for the loop several times."""

SOON = 20
"""Seconds between two looks at whether there is something to count."""

SEGMENTS = SegmentsAnswer()

log = structlog.get_logger("membership")


class StoppingProvider(DependencyProvider):
    """`self.stopping()`: whether the timer whose run this is has been told to stop."""

    def get_dependency(self, worker_ctx: Any) -> Callable[[], bool]:
        """Asks the timer itself, which waits for the run to end."""
        return lambda: bool(worker_ctx.entrypoint.should_stop.ready())


class StandstillProvider(DependencyProvider):
    """`self.stands_still(members)`: whether there are as many as when that was asked last."""

    def setup(self) -> None:
        """Nothing was asked yet."""
        self._last: int | None = None

    def get_dependency(self, worker_ctx: Any) -> Callable[[int | None], bool]:
        """The same for every worker; None, of nothing to count, is no standstill."""
        return self.stands_still

    def stands_still(self, members: int | None) -> bool:
        """As above."""
        before, self._last = self._last, members
        return members is not None and members == before


class SegmentRoutes(Base):
    """Segments: how many members are young, active in a union, interested in something."""

    stopping = StoppingProvider()
    stands_still = StandstillProvider()

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
            self._count_today()
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    @timer(interval=SOON)
    def count_segments_soon(self) -> None:
        """Count them before that, once a register that was filled stands still."""
        try:
            with self.database.reading() as session:
                members = countings.waiting(session, clock.today())
            if self.stands_still(members):
                self._count_today()
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _count_today(self) -> None:
        with self.database.writing() as session:
            run = countings.begin(session, clock.today(), clock.now())
        if run is not None:
            self._count_segments(run, Tally(clock.today(), self.settings.young_age))

    def _count_segments(self, run: int, tally: Tally) -> None:
        for _ in self._steps(run, tally):
            if self.stopping():
                with self.database.writing() as session:
                    countings.give_up(session, run)
                return
            sleep(0)

    def _steps(self, run: int, tally: Tally) -> Iterator[None]:
        """Count, stopping after each step for whatever else there is to do."""
        started = time.monotonic()
        yield from self._count_members(tally)
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            tally.count_prospects(session, tree)
        for rows in tally.shown(tree):
            with self.database.writing() as session:
                segments.keep(session, run, rows)
            yield
        with self.database.writing() as session:
            finished = countings.finish(session, tree, run, tally.today)
        if finished:
            seconds = round(time.monotonic() - started, 1)
            log.info("segments_counted", members=tally.members, seconds=seconds)

    def _count_members(self, tally: Tally) -> Iterator[None]:
        vault = self.open_vault()
        after: UUID | None = segments.FIRST
        while after is not None:
            with self.database.reading() as session:
                members = segments.some_members(session, after, CHUNK)
            for start in range(0, len(members), STEP):
                tally.count(members[start : start + STEP], vault)
                yield
            after = members[-1].id if len(members) == CHUNK else None
