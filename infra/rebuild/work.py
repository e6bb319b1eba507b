"""One rebuild: count the feeds beside the live tables, then put the outcome in their place.

The copy has its own handled marks, so it knows exactly what is counted in it. Before it takes the
live tables' place it holds back every live batch and reads on until nothing is marked live that it
has not read; then tables and marks change in that same transaction.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import inbox, units
from infra.database import Base
from infra.deadletters import DeadLetter
from infra.errors import Unreadable
from infra.event import Event, decode
from infra.feed import Feed
from infra.inbox import Handled
from infra.outbox import Page
from infra.rebuild import record
from infra.rebuild.beside import Beside, beside
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

BATCH = 1000
REST = 0.02
"""Seconds after a batch: whatever else this process has to do comes first."""

PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each further try to reach a source."""

ROUNDS = 20
"""How often the feeds are read to their end before live batches are held back for the rest."""

NOWHERE = 2**53 - 1


class Failed(Exception):
    """The rebuild cannot take the live tables' place; the text says why, and what to do."""


@dataclass
class Source:
    """How far one feed has been read."""

    name: str
    feed: Feed
    epoch: str
    head: int
    position: int = 0

    def status(self) -> dict[str, Any]:
        """As `GET /rebuild` answers it."""
        return {"source": self.name, "position": self.position, "head": self.head}


@dataclass(frozen=True)
class Plan:
    """What is rebuilt: the tables that `live` writes, from `feeds`, read in their order."""

    live: Subscription
    feeds: Mapping[str, Feed]
    models: Sequence[type[Base]]


class Work:
    """The rebuild of one id; `check` raises when it is to stop."""

    def __init__(self, rebuild_id: UUID, plan: Plan, check: Callable[[], None]) -> None:
        self._id = rebuild_id
        self._plan = plan
        self._check = check
        self._live = plan.live.database
        self._sources: list[Source] = []

    def do(self) -> None:
        """Rebuild; raises, and leaves everything as it was, when that does not succeed."""
        with self._live.reading() as session:
            before = set(inbox.reached(session, self._plan.live.name))
        self._sources = [self._source(name, feed) for name, feed in self._plan.feeds.items()]
        with beside(self._live, self._id.hex) as copy:
            name = f"{self._plan.live.name}.rebuild"
            counting = Subscription(name, copy.database, self._plan.live.handlers)
            for _ in range(ROUNDS):
                if not self._read_on(counting):
                    break
            self._swap(copy, counting, before)

    def _source(self, name: str, feed: Feed) -> Source:
        page = self._patiently(feed, NOWHERE)
        return Source(name, feed, page.epoch, page.head)

    def _read_on(self, counting: Subscription) -> bool:
        """Read every feed to where it ends now; whether so much came meanwhile that again pays."""
        much = False
        for source in self._sources:
            goal = self._look(source, self._patiently(source.feed, NOWHERE))
            much = much or goal - source.position > BATCH
            while source.position < goal:
                page = self._patiently(source.feed, source.position)
                self._count(counting, source, page, goal)
                self._note()
                time.sleep(REST)
        return much

    def _count(self, counting: Subscription, source: Source, page: Page, goal: int) -> None:
        """Count one page, which there must be on the way to the position `goal`."""
        self._look(source, page)
        if not page.entries:
            raise Failed(
                f"The feed of {source.name} ends at {source.position}, but an event of {goal} "
                "was counted. Was its database restored without a new epoch?"
            )
        wanted = counting.wanted(source.name)
        bodies = [entry.body for entry in page.entries if entry.name in wanted]
        if bodies:
            counting.process(bodies)
        source.position = page.entries[-1].position

    def _look(self, source: Source, page: Page) -> int:
        """The feed's head; Failed if it is no longer the same feed."""
        if page.epoch != source.epoch:
            raise Failed(f"The feed of {source.name} began a new epoch meanwhile. Rebuild again.")
        source.head = page.head
        return source.head

    def _patiently(self, feed: Feed, after: int) -> Page:
        for delay in PATIENCE:
            self._check()
            try:
                return feed.read(after, BATCH)
            except OSError as error:
                log.info("rebuild_waiting", error=str(error)[:300])
                time.sleep(delay)
        return feed.read(after, BATCH)

    def _note(self) -> None:
        with self._live.writing() as session:
            record.note(session, self._id, [source.status() for source in self._sources])

    def _swap(self, copy: Beside, counting: Subscription, before: set[inbox.Feed]) -> None:
        with self._live.writing() as session:
            mine = record.running(session, self._id)
            if mine is None:
                raise Failed("Another rebuild has begun.")
            inbox.hold(session)
            live = inbox.reached(session, self._plan.live.name)
            self._check_epochs(live.keys() - before)
            for source in self._sources:
                goal = live.get((source.name, source.epoch), 0)
                while source.position < goal:
                    page = source.feed.read(source.position, BATCH)
                    self._count(counting, source, page, goal)
            self._check_kept(session, copy)
            copy.take_over(session, self._plan.models)
            with copy.database.reading() as built:
                marks = built.scalars(select(Handled).execution_options(yield_per=BATCH))
                for some in marks.partitions():
                    inbox.adopt(session, self._plan.live.name, some)
            units.changed(session)
            mine.sources = [source.status() for source in self._sources]
            record.finish(mine, "done")

    def _check_epochs(self, new: set[inbox.Feed]) -> None:
        known = {(source.name, source.epoch) for source in self._sources}
        for name, _ in new - known:
            raise Failed(f"The feed of {name} began a new epoch meanwhile. Rebuild again.")

    def _check_kept(self, session: Session, copy: Beside) -> None:
        """Failed if an event could not be counted in the copy that is counted live."""
        with copy.database.reading() as built:
            letters = built.scalars(select(DeadLetter).execution_options(yield_per=BATCH))
            for letters_of_a_page in letters.partitions():
                events = {letter.body: letter.error for letter in letters_of_a_page}
                found = [event for body in events for event in _readable(body)]
                for event in inbox.marked(session, self._plan.live.name, found):
                    raise Failed(
                        f"{event.type} at {event.position} is counted, and could not be counted "
                        f"again: {events[event.body]}"
                    )


def _readable(body: bytes) -> list[Event]:
    try:
        return [decode(body)]
    except Unreadable:
        return []
