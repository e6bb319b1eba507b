"""The command `samtal` with one promise broken, to see that the suite notices.

`python -m tests.chaos.mutated no-marks run metrics`
"""

import infra.runner  # noqa: F401, I001  it patches the standard library, so it comes first

import sys
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from infra import inbox
from infra.bus.rabbitmq.consumer import Consumer
from infra.event import Event
from samtal.main import main


def no_marks() -> None:
    """Every event is marked, and taken for new however often it comes."""
    marking = inbox.mark

    def mark(session: Session, subscription: str, events: Sequence[Event]) -> list[Event]:
        marking(session, subscription, events)
        return list(events)

    inbox.mark = mark


def ack_first() -> None:
    """What is delivered is acknowledged before it is counted."""

    def handle(self: Any, bodies: list[bytes], arriving: Any) -> None:
        if bodies:
            arriving.acknowledge()
            self._process(bodies, arriving)

    Consumer._handle = handle  # type: ignore[method-assign]


MUTATIONS: dict[str, Callable[[], None]] = {"no-marks": no_marks, "ack-first": ack_first}


if __name__ == "__main__":
    MUTATIONS[sys.argv.pop(1)]()
    main()
