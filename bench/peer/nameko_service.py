"""Counting as nameko's documents have it: `@event_handler`, a transaction an event."""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.events import event_handler  # noqa: E402
from peer import with_sqlalchemy  # noqa: E402


class Counting:
    """Ten workers, as nameko has by default."""

    name = "counting"

    @event_handler("campaign", "conversation_logged")
    def count(self, event):  # type: ignore[no-untyped-def]
        """Count it."""
        with_sqlalchemy.count(event)


if __name__ == "__main__":
    container = ServiceContainer(Counting, {"AMQP_URI": sys.argv[1]})
    container.start()
    print("the peer is ready", flush=True)
    container.wait()
