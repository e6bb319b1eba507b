"""Reads feeds into a subscription, from where it last stopped.

It is the whole bus of the embedded mode, and the way in which a new subscription of the real
mode comes up to date before, or while, it goes on live.
"""

from collections.abc import Callable, Mapping
from threading import Lock

import structlog
from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import telemetry
from infra.database import Base, replace_all
from infra.feed import Feed
from infra.outbox import Page
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

BATCH = 1000


class Cursor(Base):
    """How far a subscription has read one source's feed.

    Everything up to `position` has been offered to its handlers. `behind` says that the feed has
    yet to be read up to its head. `names` are the routing keys that were wanted, with spaces.
    """

    __tablename__ = "cursor"

    subscription: Mapped[str] = mapped_column(String(80), primary_key=True)
    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(36))
    position: Mapped[int] = mapped_column(BigInteger)
    behind: Mapped[bool]
    names: Mapped[str] = mapped_column(Text)


def cursor_of(session: Session, subscription: Subscription, source: str) -> Cursor:
    """How far `subscription` has read the feed of `source`.

    Not at all, if it is new there or wants events of more names than when it read: what it
    handled it knows by its marks.
    """
    found = session.get(Cursor, (subscription.name, source))
    wanted = subscription.wanted(source)
    if found is not None and wanted <= {*found.names.split()}:
        return found
    return Cursor(
        subscription=subscription.name,
        source=source,
        epoch=found.epoch if found else "",
        position=0,
        behind=True,
        names=" ".join(sorted(wanted)),
    )


class Pump:
    """Moves a subscription along the feeds of its sources."""

    def __init__(self, subscription: Subscription, feeds: Mapping[str, Feed]) -> None:
        self._subscription = subscription
        self._feeds = feeds
        self._one_at_a_time = Lock()

    def behind(self) -> list[str]:
        """The sources whose feed is still to be read up to its head."""
        return [source for source in self._subscription.sources if self._cursor(source).behind]

    def fall_behind(self) -> None:
        """Note that every source's feed must be read again from where it was last read to."""
        with self._one_at_a_time:
            for source in self._subscription.sources:
                cursor = self._cursor(source)
                self._save(source, cursor.epoch, cursor.position, behind=True)

    def run(self, source: str, going_on: Callable[[], bool]) -> None:
        """Read one source's feed up to its head, or until `going_on` says no.

        The feed has been read up to its head only if `going_on` still says yes in the end.
        """
        cursor = self._cursor(source)
        position, epoch = cursor.position, cursor.epoch
        while going_on():
            page = self._feeds[source].read(position, BATCH)
            if page.epoch != epoch:
                # Another life of this feed: its positions say nothing about the ones before.
                position, epoch = 0, page.epoch
                continue
            if not page.entries:
                break
            self._offer(source, page)
            position = page.entries[-1].position
            self._save(source, epoch, position, behind=cursor.behind)
            telemetry.LAG.labels(self._subscription.name, source).set(page.head - position)
        with self._one_at_a_time:
            if cursor.behind and going_on():
                self._save(source, epoch, position, behind=False)

    def _offer(self, source: str, page: Page) -> None:
        wanted = self._subscription.wanted(source)
        bodies = [entry.body for entry in page.entries if entry.name in wanted]
        if bodies:
            self._subscription.process(bodies)

    def _cursor(self, source: str) -> Cursor:
        with self._subscription.database.reading() as session:
            return cursor_of(session, self._subscription, source)

    def _save(self, source: str, epoch: str, position: int, *, behind: bool) -> None:
        row = {
            "subscription": self._subscription.name,
            "source": source,
            "epoch": epoch,
            "position": position,
            "behind": behind,
            "names": " ".join(sorted(self._subscription.wanted(source))),
        }
        with self._subscription.database.writing() as session:
            replace_all(session, Cursor, [row], "epoch", "position", "behind", "names")
