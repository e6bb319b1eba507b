"""A network that can be told to misbehave: TCP proxies that cut, delay, swallow and withhold."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal, NamedTuple

from tests.process import eventually
from tests.servers import free_ports

LOCALHOST = "127.0.0.1"
CHUNK = 1 << 16
INTRODUCTION = 1 << 13
"""How many of a client's first bytes are remembered, to know what it is about."""

ACK = b"\x00\x3c\x00\x50"
"""basic.ack: from the broker it confirms, from a client it acknowledges."""

Side = Literal["client", "broker"]


class Withheld(NamedTuple):
    """The acknowledgements of one side, on connections whose client has named something."""

    side: Side
    named: bytes


class Network:
    """A thread in which all proxies run."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._listening: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def proxy(self, target: int) -> "Proxy":
        """A proxy to a port of this machine."""
        (port,) = free_ports(1)
        proxy = Proxy(self, port, target)
        self.run(self._open(proxy))
        return proxy

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something in the network's thread, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        """End the thread; what was open is open no more."""
        self.run(self._cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self, proxy: "Proxy") -> None:
        server = await asyncio.start_server(proxy.accepted, LOCALHOST, proxy.port)
        self._listening.append(server)

    async def _cancel(self) -> None:
        for server in self._listening:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Proxy:
    """One port that leads to another, well or badly."""

    def __init__(self, network: Network, port: int, target: int) -> None:
        self.port = port
        self.has_withheld = False
        """Whether something was withheld since it was asked for."""
        self._network = network
        self._target = target
        self._delay = 0.0
        self._refuses = False
        self._withheld: Withheld | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Close every connection, and every new one at once, until healed."""
        self._network.run(self._cut())

    def delay(self, seconds: float) -> None:
        """Hold back whatever passes, each way."""
        self._delay = seconds

    def swallow(self) -> None:
        """Let nothing through and close nothing: a black hole, until healed."""
        self._network.run(self._swallow())

    def heal(self) -> None:
        """Behave; what a black hole holds comes out, as packets sent again would."""
        self._network.run(self._heal())

    def withhold(self, what: Withheld | None) -> None:
        """Stop each way at the first of such acknowledgements for good; None: at no more."""
        self.has_withheld, self._withheld = False, what

    async def _cut(self) -> None:
        self._refuses = True
        for writer in self._open:
            writer.transport.abort()

    async def _swallow(self) -> None:
        self._flowing.clear()

    async def _heal(self) -> None:
        self._delay, self._refuses = 0.0, False
        self._flowing.set()

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes and what is answered, for as long as there is both."""
        if self._refuses:
            writer.transport.abort()
            return
        self._open.add(writer)
        away: asyncio.StreamWriter | None = None
        said = bytearray()
        try:
            await self._flowing.wait()
            back, away = await asyncio.open_connection(LOCALHOST, self._target)
            self._open.add(away)
            there = self._pass("client", reader, away, said)
            await asyncio.gather(there, self._pass("broker", back, writer, said))
        except (OSError, asyncio.CancelledError):
            pass  # Nobody is there; or the network is closed, and this task ends either way.
        finally:
            for each in (writer, away):
                if each is not None:
                    self._open.discard(each)
                    each.transport.abort()

    async def _pass(
        self,
        side: Side,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        said: bytearray,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if side == "client" and len(said) < INTRODUCTION:
                    said += data
                if self._withholds(side, data, said):
                    self.has_withheld = True
                    return  # The connection stays open, and whoever waits on it waits.
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    def _withholds(self, side: Side, data: bytes, said: bytearray) -> bool:
        wanted = self._withheld
        return wanted is not None and side == wanted.side and ACK in data and wanted.named in said


@contextmanager
def withheld(proxies: Sequence[Proxy], what: Withheld) -> Iterator[None]:
    """Withhold on any of these ways; the block begins as soon as something is withheld."""
    for proxy in proxies:
        proxy.withhold(what)
    try:
        eventually(lambda: any(p.has_withheld for p in proxies), f"{what} is withheld", 120)
        yield
    finally:
        for proxy in proxies:
            proxy.withhold(None)
