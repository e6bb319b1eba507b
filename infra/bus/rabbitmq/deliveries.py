"""What the broker delivers to one consumer, read while the database works on the batch before."""

import time
from collections.abc import Callable
from threading import Event as Signal

import amqp
import eventlet

from infra.bus.rabbitmq.broker import AMQP_ERRORS, time_limit
from infra.bus.rabbitmq.transport import pass_on
from infra.subscription import Message

MOST_BYTES = 32 * 1024 * 1024
"""More than this is not read ahead, whatever the prefetch: messages may be large."""

LISTEN = 0.5
"""Seconds between looks at whether to go on."""

TURN = 300
"""Frames after which the other green threads have their turn."""

ACK_PAUSE = 0.05
"""Seconds between two acknowledgements: each is an entry in the queue's log on every node."""

STRAGGLERS = 0.1
"""Seconds without a message after which nothing more comes to a consumer that is cancelled."""

LULL = 0.002
LONGEST_WAIT = 1.0
"""Seconds without a message in which a consumer is cancelled, and until it is in any case."""

HEARTBEAT = 4
SILENCE = 5.0
"""Seconds without a word, heartbeats among them, after which the broker is given up."""


class Deliveries:
    """One consumer of a queue: reads and beats in green threads of its own until it is over."""

    def __init__(
        self,
        transport: amqp.Connection,
        channel: amqp.Channel,
        queue: str,
        read: Callable[[bytes], Message],
    ) -> None:
        self._transport = transport
        self._channel = channel
        self._read_body = read
        self._messages: list[Message] = []
        self._size = 0
        self._taken_to = self._handled_to = self._acked_to = 0
        self._acked_at = 0.0
        self._arrived = Signal()
        self._taken = Signal()
        self._cancelled = False
        self._ended = False
        self._error: Exception | None = None
        # Whoever reads a body takes bytes, whatever its publisher says that they are.
        pass_on(transport, self._delivered)
        with time_limit():
            self._tag = channel.basic_consume(queue)
        self._beating = eventlet.spawn(self._beat)
        self._reading = eventlet.spawn(self._read)

    def wait(self, seconds: float) -> bool:
        """Whether there is something to take, or never will be, within so many seconds."""
        return self._arrived.wait(seconds)

    def take(self, most: int) -> list[Message]:
        """The next of what has arrived, in order; raises when the broker is gone or silent."""
        self.check()
        taken, self._messages = self._messages[:most], self._messages[most:]
        self._size -= sum(len(message.body) for message in taken)
        # Delivery tags count what a channel delivers, and we are its only consumer.
        self._taken_to += len(taken)
        self._taken.set()
        if not self._messages and not self._ended:
            self._arrived.clear()
        return taken

    def acknowledge(self) -> None:
        """All that was taken is handled; the broker is told now, or by the next `settle`."""
        self._handled_to = self._taken_to
        if time.monotonic() - self._acked_at > ACK_PAUSE:
            self.settle()

    def settle(self) -> None:
        """Tell the broker of all that is handled."""
        if self._handled_to > self._acked_to:
            self._channel.basic_ack(self._handled_to, multiple=True)
            self._acked_to, self._acked_at = self._handled_to, time.monotonic()

    def cancel(self) -> None:
        """Have nothing more delivered; what is on its way still arrives, and then it is over."""
        self._cancelled = True
        self._taken.set()

    @property
    def over(self) -> bool:
        """Whether all that there will ever be was taken."""
        return self._ended and not self._messages

    def check(self) -> None:
        """Raises when the broker is gone or silent."""
        if self._error is not None:
            raise self._error

    def drop(self) -> None:
        """Forget the connection without a good-bye."""
        self._reading.kill()
        self._beating.kill()
        self._transport.collect()

    def _read(self) -> None:
        try:
            heard = time.monotonic()
            while not self._cancelled:
                if self._size > MOST_BYTES:
                    self._taken.clear()
                    self._taken.wait(LISTEN)
                    heard = time.monotonic()  # nobody listened meanwhile
                elif self._listen():
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE:
                    raise OSError("the broker is silent")
            self._cancel()
        except Exception as error:
            # Whoever takes is told; this is a green thread of its own.
            self._error = error
        finally:
            self._ended = True
            self._arrived.set()

    def _cancel(self) -> None:
        self._await_lull()
        # What comes before the broker's answer is still delivered to us.
        with time_limit():
            self._channel.basic_cancel(self._tag)
        # And so is what another node of a cluster sends a little later.
        try:
            while True:
                self._transport.drain_events(timeout=STRAGGLERS)
        except TimeoutError:
            pass

    def _await_lull(self) -> None:
        """Let the cancel fall just behind messages, where the next are furthest.

        RabbitMQ gives back to the queue what is on its way to a channel that it is cancelled on.
        """
        patience, deadline = STRAGGLERS, time.monotonic() + LONGEST_WAIT
        try:
            while time.monotonic() < deadline:
                self._transport.drain_events(timeout=patience)
                patience = LULL
        except TimeoutError:
            pass

    def _listen(self) -> bool:
        """Read for a while; whether anything came, be it a heartbeat."""
        before = self._transport.bytes_recv
        try:
            # The limit is set once, and not for each frame.
            with self._transport.transport.having_timeout(LISTEN):
                while not self._cancelled and self._size <= MOST_BYTES:
                    self._transport.blocking_read()
                    if self._transport.bytes_recv % TURN == 0:
                        # Reading what is there already never yields by itself.
                        eventlet.sleep(0)
        except TimeoutError:
            pass
        return bool(self._transport.bytes_recv != before)

    def _delivered(self, body: bytes) -> None:
        self._messages.append(self._read_body(body))
        self._size += len(body)
        self._arrived.set()

    def _beat(self) -> None:
        """Let the broker know that we live, also while a batch waits for the database."""
        while True:
            eventlet.sleep(HEARTBEAT / 4)
            try:
                self._transport.send_heartbeat()
            except (*AMQP_ERRORS, RuntimeError, AttributeError):
                return  # Whoever reads finds out; a closed connection has no transport.
