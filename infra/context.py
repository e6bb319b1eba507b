"""What the work in hand belongs to: follows it into every log line and event it causes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog


@dataclass(frozen=True, slots=True)
class Context:
    """The correlation of one piece of work, by request or by event."""

    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


NOTHING = Context()
_current: ContextVar[Context] = ContextVar("samtal_context", default=NOTHING)


def current() -> Context:
    """The context of the running piece of work."""
    return _current.get()


def begin(about: Context) -> None:
    """The green thread that runs works on `about` until its end."""
    _current.set(about)
    structlog.contextvars.bind_contextvars(correlation_id=about.correlation_id)


@contextmanager
def working_on(about: Context) -> Iterator[None]:
    """Inside, events and log lines carry `about`."""
    token = _current.set(about)
    with structlog.contextvars.bound_contextvars(correlation_id=about.correlation_id):
        try:
            yield
        finally:
            _current.reset(token)
