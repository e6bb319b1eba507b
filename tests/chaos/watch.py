"""Watches from the side whether events are published and counted, and for how long they are not."""

import threading
import time
from bisect import bisect_left, bisect_right
from itertools import pairwise

import psycopg2

from tests.process import eventually
from tests.servers import PostgresServer

PACE = 0.05
PUBLISHED = "SELECT position FROM published"
# Whatever is counted changes a row of the whole party; xmin tells that it was written.
COUNTED = "SELECT string_agg(xmin::text, ' ' ORDER BY measure, year) FROM year_counter"


class Watch(threading.Thread):
    """Looks twenty times a second, in the databases themselves."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(daemon=True)
        self._looks = {
            "publishing": [
                Look(server.url(name), PUBLISHED) for name in ("membership", "campaign")
            ],
            "counting": [Look(server.url("metrics"), f"{COUNTED} WHERE unit = 'SE'")],
        }
        self._moved: dict[str, list[float]] = {what: [] for what in self._looks}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Note when something moved, until closed."""
        while not self._stopping.wait(PACE):
            for what, looks in self._looks.items():
                if sum(look.moved() for look in looks):
                    self._moved[what].append(time.monotonic())

    def close(self) -> None:
        """Look no more."""
        self._stopping.set()
        self.join(10)
        for looks in self._looks.values():
            for look in looks:
                look.close()

    def await_progress(self, when: str, seconds: float = 60.0) -> None:
        """Wait until events are published and counted again."""
        now = time.monotonic()
        for what, moved in self._moved.items():
            eventually(lambda m=moved: m and m[-1] > now, f"{what} again {when}", seconds)

    def longest_gap(self, what: str, start: float, end: float) -> float:
        """The longest time in a stretch without `publishing` or without `counting`."""
        moved = list(self._moved[what])
        times = [start, *moved[bisect_left(moved, start) : bisect_right(moved, end)], end]
        return max(b - a for a, b in pairwise(times))

    def first_after(self, what: str, start: float) -> float:
        """Seconds from an instant to the first progress after it."""
        moved = list(self._moved[what])
        place = bisect_right(moved, start)
        return moved[place] - start if place < len(moved) else float("inf")


class Look:
    """One question to one database, on a connection of its own that no fault touches."""

    def __init__(self, url: str, query: str) -> None:
        self._url, self._query = url, query
        self._connection: psycopg2.extensions.connection | None = None
        self._last: object = None

    def moved(self) -> bool:
        """Whether the answer is another than before; a database that is away moves nothing."""
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(self._url, connect_timeout=1)
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(self._query)
                found = cursor.fetchall()
        except psycopg2.Error:
            self.close()
            return False
        before, self._last = self._last, found
        return before is not None and found != before

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
