"""py-amqp's connection, reading and writing by the buffer, and bodies by themselves.

Each message is three frames. As the library has it each is three reads, and the second holds
properties that no consumer of ours looks at: without them and with one read for many frames a
message costs less than half.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from struct import pack, unpack_from
from typing import Any

import amqp
from amqp import spec
from amqp.transport import TCPTransport
from kombu.transport import pyamqp

AT_ONCE = 64 * 1024

Frame = tuple[int, int, bytes]
"""Its type, its channel and its payload."""

METHOD, HEADER, BODY = 1, 2, 3
DELIVER = pack(">HH", *spec.Basic.Deliver)
START, END = 7, 0xCE
"""The length of what comes before a frame's payload, and the octet after it."""


class BufferedTransport(TCPTransport):
    """What is read beyond a frame waits for the next one, as the base class has it."""

    _read_buffer: bytes
    _read_from = 0

    def read_frame(self, unpack: Any = unpack_from) -> Frame:
        """As the base class's; a time limit that passes in the middle of a frame loses nothing."""
        while True:
            buffered, start = self._read_buffer, self._read_from + START
            if len(buffered) >= start:
                kind, channel, size = unpack(">BHI", buffered, self._read_from)
                end = start + size
                if len(buffered) > end:
                    break
            self._read_more()
        if buffered[end] != END:
            raise amqp.UnexpectedFrame(f"a frame ends in {buffered[end]:#04x}")
        self._read_from = end + 1
        return kind, channel, buffered[start:end]

    def _read_more(self) -> None:
        try:
            more = self.sock.recv(AT_ONCE)
            if not more:
                raise OSError("the broker closed the connection")
        except TimeoutError:
            raise
        except OSError:
            self.connected = False
            raise
        self._read_buffer = self._read_buffer[self._read_from :] + more
        self._read_from = 0

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


def pass_on(connection: amqp.Connection, delivered: Callable[[bytes], None]) -> None:
    """Have `delivered` called with the body of each message that is delivered to `connection`.

    On a connection with one consumer, which returns nothing and gets nothing one by one: then
    each content is a delivery, and contents are never mixed.
    """
    others = connection.on_inbound_frame
    parts: list[bytes] = []
    missing = 0

    def on_frame(frame: Frame) -> bool:
        nonlocal missing
        kind, _, payload = frame
        if kind == BODY:
            parts.append(payload)
            missing -= len(payload)
        elif kind == HEADER:
            # The class, a zero, the size of the body, and then the properties.
            missing = unpack_from(">Q", payload, 4)[0]
        elif not (kind == METHOD and payload.startswith(DELIVER)):
            return bool(others(frame))
        connection.bytes_recv += 1
        if kind == METHOD or missing:
            return False
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        delivered(body)
        return True

    connection.on_inbound_frame = on_frame


def together(connection: amqp.Connection) -> AbstractContextManager[None]:
    """As BufferedTransport.together; over TLS each write is sent by itself."""
    transport = connection.transport
    return transport.together() if isinstance(transport, BufferedTransport) else nullcontext()


class Transport(pyamqp.Transport):
    """kombu's transport with such connections."""

    Connection = BufferedConnection
