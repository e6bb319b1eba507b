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
        # Each producer by itself: one that goes on must not hide one that stands still.
        self._looks = {
            "publishing": [
                Look(server.url(name), PUBLISHED) for name in ("membership", "campaign")
            ],
            "counting": [Look(server.url("metrics"), f"{COUNTED} WHERE unit = 'SE'")],
        }
        self._stopping = threading.Event()

    def run(self) -> None:
        """Note when something moved, until closed."""
        while not self._stopping.wait(PACE):
            for look in self._all():
                look.look()

    def close(self) -> None:
        """Look no more."""
        self._stopping.set()
        self.join(10)
        for look in self._all():
            look.close()

    def await_progress(self, when: str, seconds: float = 60.0) -> None:
        """Wait until events are published and counted again."""
        now = time.monotonic()
        for what, looks in self._looks.items():
            for look in looks:
                eventually(lambda at=look: at.moved[-1:] > [now], f"{what} again {when}", seconds)

    def longest_gap(self, what: str, start: float, end: float) -> float:
        """The longest time in a stretch without `publishing`, of any producer, or `counting`."""
        return max(look.longest_gap(start, end) for look in self._looks[what])

    def first_after(self, what: str, start: float) -> float:
        """Seconds from an instant to the first progress after it, of the last producer."""
        return max(look.first_after(start) for look in self._looks[what])

    def _all(self) -> list["Look"]:
        return [look for looks in self._looks.values() for look in looks]


class Look:
    """One question to one database, on a connection of its own that no fault touches."""

    def __init__(self, url: str, query: str) -> None:
        self._url, self._query = url, query
        self._connection: psycopg2.extensions.connection | None = None
        self._last: object = None
        self.moved: list[float] = []
        """When the answer was another than before."""

    def look(self) -> None:
        """Note whether the answer is another than before; a database that is away moves nothing."""
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(self._url, connect_timeout=1)
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(self._query)
                found = cursor.fetchall()
        except psycopg2.Error:
            self.close()
            return
        if self._last is not None and found != self._last:
            self.moved.append(time.monotonic())
        self._last = found

    def longest_gap(self, start: float, end: float) -> float:
        """The longest time in a stretch in which nothing moved."""
        moved = self.moved[bisect_left(self.moved, start) : bisect_right(self.moved, end)]
        return max(b - a for a, b in pairwise([start, *moved, end]))

    def first_after(self, start: float) -> float:
        """Seconds from an instant to the first move after it."""
        place = bisect_right(self.moved, start)
        return self.moved[place] - start if place < len(self.moved) else float("inf")

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
