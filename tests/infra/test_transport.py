"""Frames come out whole and bodies by themselves, however the bytes arrive."""

import socket
from collections.abc import Iterator
from struct import pack
from typing import Any
from unittest.mock import Mock

import amqp
import pytest

from infra.bus.rabbitmq.transport import DELIVER, BufferedTransport, pass_on

HEARTBEAT = (8, 0, b"")
CANCEL = (1, 1, pack(">HH", 60, 30) + b"\x03tag\x01")


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    return pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def content(body: bytes, piece: int = 100) -> list[tuple[int, int, bytes]]:
    """The frames of a delivery."""
    deliver = (1, 1, DELIVER + b"\x03tag" + pack(">Q", 1) + b"\x00\x00\x00")
    header = (2, 1, pack(">HHQH", 60, 0, len(body), 0))
    return [deliver, header, *((3, 1, body[at : at + piece]) for at in range(0, len(body), piece))]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, BufferedTransport]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(0.05)
    transport = BufferedTransport("nowhere", 1)
    transport.sock = ours
    transport._read_buffer = b""
    transport.connected = True
    with ours, theirs:
        yield theirs, transport


def test_frames_are_read_whole_however_their_bytes_arrive(ends: Any) -> None:
    theirs, transport = ends
    frames = [*content(b"x" * 250), HEARTBEAT, *content(b"")]
    sent = b"".join(frame(*one) for one in frames)
    found = []
    for start in range(0, len(sent), 7):
        theirs.sendall(sent[start : start + 7])
        try:
            while True:
                found.append(transport.read_frame())
        except TimeoutError:
            pass
    assert found == frames


def test_a_frame_larger_than_what_is_read_at_once_is_read_whole(ends: Any) -> None:
    theirs, transport = ends
    large = (3, 1, bytes(131_064))
    theirs.setblocking(False)
    rest, found = memoryview(frame(*large)), None
    while found is None:
        if rest:
            rest = rest[theirs.send(rest) :]
        try:
            found = transport.read_frame()
        except TimeoutError:
            continue
    assert found == large


def test_a_frame_that_does_not_end_as_it_should_is_refused(ends: Any) -> None:
    theirs, transport = ends
    theirs.sendall(frame(*HEARTBEAT)[:-1] + b"\x00")
    with pytest.raises(amqp.UnexpectedFrame):
        transport.read_frame()


def test_a_connection_that_the_broker_closed_is_an_error(ends: Any) -> None:
    theirs, transport = ends
    theirs.sendall(frame(*HEARTBEAT))
    theirs.close()
    assert transport.read_frame() == HEARTBEAT
    with pytest.raises(OSError, match="closed"):
        transport.read_frame()
    assert not transport.connected


def test_bodies_are_passed_on_and_all_else_is_left_to_the_library() -> None:
    others = Mock(return_value=True)
    connection = Mock(on_inbound_frame=others, bytes_recv=0)
    bodies: list[bytes] = []
    pass_on(connection, bodies.append)
    frames = [*content(b"a" * 250), HEARTBEAT, *content(b""), CANCEL, *content(b"c")]
    ready = [connection.on_inbound_frame(one) for one in frames]
    assert bodies == [b"a" * 250, b"", b"c"]
    assert [call.args[0] for call in others.call_args_list] == [HEARTBEAT, CANCEL]
    assert ready == [False] * 4 + [True] * 2 + [False, True, True] + [False, False, True]
    assert connection.bytes_recv == len(frames) - 2, "the library counts its own"
