"""How far a subscription is behind each of its sources, and what else its operator asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import select

from infra import clock, deadletters, inbox, returned
from infra.bus.pump import cursor_of
from infra.feed import Feed
from infra.inbox import BLOCK, Handled
from infra.outbox import Entry, Page
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

Marks = Mapping[tuple[str, int], bytes]
"""Bits by epoch and block."""

WINDOW = 2 * BLOCK
"""Events before the last handled one that are looked at for holes: what replicas have in hand."""


@dataclass(frozen=True)
class Freshness:
    """Looks at feeds and handled marks; changes nothing."""

    subscription: Subscription
    feeds: Mapping[str, Feed]

    def report(self) -> dict[str, Any]:
        """`{"current", "sources": [{source, head, position, behind_events, behind_seconds}]}`.

        A source that cannot be asked has None for what is not known, and the report is not
        current. `kept` counts the events that failed and are tried again or set aside,
        `set_aside` the latter. `returned` are the service's own events that no queue takes, as
        `returned.listed` has them.
        """
        sources = [self._source(source) for source in self.subscription.sources]
        with self.subscription.database.reading() as session:
            kept, set_aside = deadletters.count(session, self.subscription.name)
            unheard = returned.listed(session)
        current = kept == 0 and all(source["behind_events"] == 0 for source in sources)
        letters = {"kept": kept, "set_aside": set_aside}
        return {"current": current, **letters, "sources": sources, "returned": unheard}

    def _source(self, source: str) -> dict[str, Any]:
        found: dict[str, Any] = {"source": source, "head": None, "position": None}
        try:
            head = self.feeds[source].read(2**53 - 1, 1)
            last, bits = self._marks(source, head)
            missing = self._missing(source, head, last, bits)
            unread = self._unread(source, head, until=last - WINDOW)
            waiting = self.feeds[source].read(unread.start, 1).entries if unread else missing
        except (OSError, KeyError) as error:
            log.info("freshness_unknown", source=source, error=type(error).__name__)
            return {**found, "behind_events": None, "behind_seconds": None}
        oldest = _seconds_since(waiting[0]) if waiting else 0.0
        return {
            "source": source,
            "head": head.head,
            "position": last,
            "behind_events": len(unread) + len(missing) + head.pending,
            "behind_seconds": oldest,
        }

    def _unread(self, source: str, head: Page, until: int) -> range:
        """What has yet to be read by whoever is new to the feed, as far as nobody looks for holes.

        Some of it may be handled already.
        """
        with self.subscription.database.reading() as session:
            cursor = cursor_of(session, self.subscription, source)
        start = cursor.position if cursor.epoch == head.epoch else 0
        return range(start, until if cursor.behind else 0)

    def _marks(self, source: str, head: Page) -> tuple[int, Marks]:
        """The last handled position, and the marks from a while before it on."""
        name = self.subscription.name
        with self.subscription.database.reading() as session:
            reached = inbox.reached(session, name)
            # In a new epoch of which nothing is handled yet, the old one says how far that is.
            others = [min(head.head, at) for (of, _), at in reached.items() if of == source]
            last = reached.get((source, head.epoch), max(others, default=0))
            epochs = {epoch for of, epoch in reached if of == source}
            rows = session.execute(
                select(Handled.epoch, Handled.block, Handled.bits).where(
                    Handled.subscription == name,
                    Handled.source == source,
                    Handled.epoch.in_(epochs),
                    Handled.block >= (last - WINDOW) // BLOCK,
                )
            )
            return last, {(row.epoch, row.block): row.bits for row in rows}

    def _missing(self, source: str, head: Page, last: int, bits: Marks) -> list[Entry]:
        wanted = self.subscription.wanted(source)
        missing: list[Entry] = []
        after = max(0, last - WINDOW)
        while after < head.head:
            page = self.feeds[source].read(after, 5000)
            if not page.entries:
                break
            missing += [
                entry
                for entry in page.entries
                if entry.name in wanted and not _is_marked(bits, entry)
            ]
            after = page.entries[-1].position
        return missing


def _is_marked(bits: Marks, entry: Entry) -> bool:
    block, place = divmod(entry.position - 1, BLOCK)
    byte, bit = divmod(place, 8)
    found = bits.get((entry.epoch, block))
    return found is not None and bool(found[byte] & (1 << bit))


def _seconds_since(entry: Entry) -> float:
    time = datetime.fromisoformat(orjson.loads(entry.body)["time"])
    return round(max(0.0, (clock.now() - time).total_seconds()), 3)
