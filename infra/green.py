"""Waiting for PostgreSQL through eventlet's loop, though not for ever.

eventlet's own wait callback for psycopg2 waits without a limit: a server that is cut off without
a word would hold a relay or a subscription for good, and its locks with it.
"""

import eventlet.hubs
import psycopg2
from psycopg2 import extensions

PATIENCE = 15.0
"""Seconds without a word after which a connection is given up; no statement of ours takes that."""


def limit_waiting() -> None:
    """Make every psycopg2 connection of this process wait like this; after `monkey_patch`."""
    extensions.set_wait_callback(wait)


def wait(connection: "psycopg2.extensions.connection") -> None:
    """Let others run until the server has answered; OperationalError when it takes too long."""
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        eventlet.hubs.trampoline(
            connection.fileno(),
            read=state == extensions.POLL_READ,
            write=state == extensions.POLL_WRITE,
            timeout=PATIENCE,
            timeout_exc=psycopg2.OperationalError("the database does not answer"),
        )
