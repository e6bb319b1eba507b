"""The bus of the embedded mode: subscribers read the producers' feeds in their own process.

Nothing is held in memory: a subscriber that was killed goes on from its cursor, and what it had
already handled it knows by its marks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from threading import Event as Signal

import structlog

from infra.bus.pump import Pump
from infra.database import Database
from infra.feed import LocalFeed
from infra.subscription import Subscription

log = structlog.get_logger(__name__)

POLL = 1.0


class Bus:
    """Who publishes and who listens in this process."""

    def __init__(self) -> None:
        self.feeds: dict[str, LocalFeed] = {}
        self._listeners: dict[str, list[Callable[[], None]]] = defaultdict(list)

    def publisher(self, source: str, database: Database) -> Callable[[], None]:
        """Offer a producer's feed; the answer is what its relay calls when there is more."""
        self.feeds[source] = LocalFeed(database)

        def announce() -> None:
            for wake in self._listeners[source]:
                wake()

        return announce

    def listen(self, sources: Iterable[str], wake: Callable[[], None]) -> None:
        """Call `wake` whenever one of `sources` has published."""
        for source in sources:
            self._listeners[source].append(wake)


BUS = Bus()


class Consumer:
    """Drives one subscription from the feeds of this process."""

    def __init__(self, subscription: Subscription, bus: Bus = BUS) -> None:
        self._subscription = subscription
        self._bus = bus
        self._pump = Pump(subscription, bus.feeds)
        self._signal = Signal()
        self._stopping = False

    def stop(self) -> None:
        """Finish the batch in hand, then leave `run`."""
        self._stopping = True
        self._signal.set()

    def run(self) -> None:
        """Read the feeds until stopped."""
        self._bus.listen(self._subscription.sources, self._signal.set)
        while not self._stopping:
            self._signal.clear()
            try:
                self._round()
            except Exception:
                log.exception("subscription_waiting", subscription=self._subscription.name)
            if not self._stopping:
                self._signal.wait(POLL)

    def _round(self) -> None:
        for source in self._subscription.sources:
            if source in self._bus.feeds:
                self._pump.run(source, lambda: not self._stopping)
        self._subscription.retry()
