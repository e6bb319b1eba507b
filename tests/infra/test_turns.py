"""Turns: so many at a time, first come first served, and none is lost by whoever gives up."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from infra.database.turns import Turns
from tests.process import eventually


class Crowd:
    """Threads that ask for a turn, each at the time it is told to."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.served: list[int] = []
        self.pool = ThreadPoolExecutor(20)

    def ask(self, number: int, leave: Event) -> "Future[None]":
        waiting = len(self.turns._waiting)
        done = self.pool.submit(self._stay, number, leave)
        eventually(
            lambda: number in self.served or len(self.turns._waiting) > waiting, "it is in line"
        )
        return done

    def _stay(self, number: int, leave: Event) -> None:
        with self.turns.one():
            self.served.append(number)
            leave.wait(20)


def test_whoever_came_first_is_served_first() -> None:
    crowd, leave = Crowd(Turns(1)), [Event() for _ in range(8)]
    asked = [crowd.ask(number, leave[number]) for number in range(8)]
    for number in range(8):
        leave[number].set()
        asked[number].result(20)
        # Somebody who comes by at this very moment goes to the end of the line.
    assert crowd.served == list(range(8))


def test_only_so_many_are_served_at_once() -> None:
    crowd, leave = Crowd(Turns(3)), Event()
    asked = [crowd.ask(number, leave) for number in range(5)]
    assert crowd.served == [0, 1, 2]
    leave.set()
    for done in asked:
        done.result(20)
    assert sorted(crowd.served) == [0, 1, 2, 3, 4]


def test_whoever_gives_up_takes_no_turn_with_them() -> None:
    turns = Turns(1, patience=0.05)
    crowd, leave = Crowd(turns), Event()
    first = crowd.ask(1, leave)
    for _ in range(3):
        with pytest.raises(PoolTimeout), turns.one():
            raise AssertionError("there was no turn")
    leave.set()
    first.result(20)
    with turns.one():
        crowd.served.append(2)
    assert crowd.served == [1, 2]
