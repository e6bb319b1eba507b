"""How to reach the broker, for both sides."""

from collections import deque
from typing import Any, cast

import amqp
import eventlet
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from infra.bus.rabbitmq.transport import Transport

AMQP_ERRORS = (OSError, amqp.AMQPError, OperationalError)
TIME_LIMIT = 3.0
"""Seconds of silence after which a broker that owes us something is dropped."""

GLANCE = 1.0
"""Seconds that one node of several is given at first."""


def time_limit(seconds: float = TIME_LIMIT) -> eventlet.Timeout:
    """A block that ends in OSError when the broker takes longer than it may."""
    return eventlet.Timeout(seconds, OSError("the broker does not answer"))


class Nodes:
    """The nodes of a broker: one URI, or several separated by semicolons."""

    def __init__(self, uri: str) -> None:
        self._uris = deque(part for part in uri.split(";") if part)
        self._tries = 0
        self.at = self._uris[0]
        """The URI of the node that was last connected to."""

    def connect(self, heartbeat: int = 0) -> amqp.Connection:
        """A connection to a node that answers, or the last one's error.

        Begins with the node after the one last tried: that we ask again means that it failed.
        While there is another to ask, none is waited for as long as it may take.
        """
        self._tries += 1
        wrong: Exception = OSError("no broker is named")
        for seconds in (GLANCE, TIME_LIMIT) if len(self._uris) > 1 else (TIME_LIMIT,):
            for _ in range(len(self._uris)):
                self._uris.rotate(-1)
                try:
                    made = connect(self._uris[-1], heartbeat, seconds)
                except AMQP_ERRORS as error:
                    wrong = error
                else:
                    self.at = self._uris[-1]
                    return made
        raise wrong

    @property
    def patience(self) -> float:
        """Seconds that the node last connected to may take to answer.

        Behind a node that answers, a queue may wait for a leader that stands still. So a new
        connection to one of several gets a second, and a tenth more at each try, until it has
        `answered`: a cluster that has found a new leader is noticed at once.
        """
        if len(self._uris) == 1 or self.have_answered:
            return TIME_LIMIT
        return min(TIME_LIMIT, GLANCE * 1.1**self._tries)

    @property
    def have_answered(self) -> bool:
        """Whether the node last connected to is known to be good."""
        return self._tries == 0

    def answered(self) -> None:
        """The node last connected to is good."""
        self._tries = 0


def connect(uri: str, heartbeat: int = 0, seconds: float = TIME_LIMIT) -> amqp.Connection:
    """A connection to one node of the broker, or an error, within so many seconds.

    With a `heartbeat` in seconds, one must be sent at least as often.
    """
    transport = cast("Any", Transport)(
        Connection(uri, connect_timeout=seconds, heartbeat=heartbeat)
    )
    with time_limit(seconds):
        # The transport's own: kombu's `connection` sleeps two seconds and tries once more.
        return transport.establish_connection()
