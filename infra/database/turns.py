"""So many transactions at a time, in the order in which they were asked for.

A pool of connections alone serves whoever comes by when one is given back: in a crowd some wait
until they give up while later ones are served.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

from sqlalchemy.exc import TimeoutError as PoolTimeout


class Turns:
    """`places` to be held at once; whoever waits longer than `patience` seconds is turned away."""

    def __init__(self, places: int, patience: float | None = None) -> None:
        self._free = places
        self._patience = patience
        self._lock = Lock()
        self._waiting: deque[Event] = deque()

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for the block; sqlalchemy.exc.TimeoutError when none was free in time."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Event()
            self._waiting.append(turn)
        try:
            if not turn.wait(self._patience):
                raise PoolTimeout("too many transactions at once")
        except BaseException:
            self._give_up(turn)
            raise

    def _give_up(self, turn: Event) -> None:
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        # It came in the meantime.
        self._leave()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
