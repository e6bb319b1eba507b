"""The load: kept-alive connections that post what is prepared; a light process of its own.

Reads one JSON line of orders from standard input and answers with one of figures. Counts 201s;
anything else ends it with an error.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

STATUSES = (b"HTTP/1.1 201", b"HTTP/1.1 200")
LENGTH = b"content-length:"


def requests(order: dict[str, Any]) -> Iterator[bytes]:
    """What is posted, with an id each, over the units in turn; `batch` of them a request, if given.

    `what` is posted: reports of conversations, unless it says members.
    """
    batch = order.get("batch", 0)
    what = order.get("what", "conversations")
    make = MAKE[what]
    path = f"/{what}/batch" if batch else f"/{what}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{order['port']}\r\n"
        f"Authorization: Bearer {order['token']}\r\nContent-Type: application/json\r\n"
    )
    for number in range(order["most"]):
        if batch:
            first = number * batch
            content: Any = {"items": [make(order, each) for each in range(first, first + batch)]}
        else:
            content = make(order, number)
        body = json.dumps(content, separators=(",", ":"))
        yield f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def report(order: dict[str, Any], number: int) -> dict[str, Any]:
    """A report of conversations."""
    return {
        "id": str(uuid4()),
        "unit": order["units"][number % len(order["units"])],
        "arena": "door",
        "held_on": order["held_on"],
        "count": 1 + number % 5,
        "topics": ["skola", "jobb"],
        "logged_by": f"volunteer-{number % 500}",
    }


def join(order: dict[str, Any], number: int) -> dict[str, Any]:
    """Somebody who joins, and whom nobody else is alike."""
    member_id = str(uuid4())
    return {
        "id": member_id,
        "unit": order["units"][number % len(order["units"])],
        "joined_on": order["held_on"],
        "source": "digital",
        "name": f"Medlem {member_id}",
        "email": f"{member_id}@example.se",
        "birth_date": f"{1940 + number % 60}-05-06",
        "interests": ["skola", "vård"],
    }


MAKE = {"conversations": report, "members": join}


class Run:
    """One stretch of load: when it ends, and what it has seen."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.prepared = list(requests(order))
        self.loop = asyncio.get_running_loop()
        self.done = self.loop.create_future()
        self.times: list[float] = []
        self.open = order["concurrency"]
        # A batch is answered with 200.
        self.statuses = 2 if order.get("batch") else 1
        self.rate = order.get("rate", 0)
        self.sent = 0
        self.starts = time.perf_counter()
        self.ends = self.starts + order["seconds"]

    def next(self) -> bytes | None:
        """The next request, or None when it is time to end."""
        if not self.prepared or time.perf_counter() > self.ends:
            return None
        return self.prepared.pop()

    def pause(self) -> float:
        """Seconds until the next request is due, at a given rate; at once without one."""
        self.sent += 1
        due = self.starts + self.sent / self.rate if self.rate else 0.0
        return max(0.0, due - time.perf_counter())

    def fail(self, why: str) -> None:
        """End the whole run."""
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))

    def closed(self) -> None:
        """One connection has no more to send."""
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class Connection(asyncio.Protocol):
    """One connection with one request in hand at a time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.buffer = b""
        self.finished = False

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        self.send_when_due()

    def send_when_due(self) -> None:
        """Send the next request, at the rate that is asked for."""
        pause = self.run.pause()
        if pause:
            self.run.loop.call_later(pause, self.send)
        else:
            self.send()

    def send(self) -> None:
        """Send the next request, or hang up."""
        request = self.run.next()
        if request is None:
            self.finished = True
            self.transport.close()
            self.run.closed()
            return
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect the answer; once it is whole, send the next request."""
        self.buffer += data
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        if not head.startswith(STATUSES[: self.run.statuses]):
            self.run.fail(self.buffer[:500].decode(errors="replace"))
            return
        lowered = head.lower()
        at = lowered.index(LENGTH) + len(LENGTH)
        if len(body) < int(lowered[at : at + 8].split(b"\r")[0]):
            return
        self.run.times.append(time.perf_counter() - self.sent)
        self.buffer = b""
        self.send_when_due()

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up first has failed."""
        if not self.finished:
            self.run.fail(f"the connection was closed: {exc}")


async def drive(order: dict[str, Any]) -> dict[str, Any]:
    """Send the load that `order` asks for; the rate and the times of the answers in ms."""
    run = Run(order)
    began = time.perf_counter()
    for _ in range(order["concurrency"]):
        await run.loop.create_connection(lambda: Connection(run), "127.0.0.1", order["port"])
    await asyncio.wait_for(run.done, order["seconds"] + 15)
    took, ended_at = time.perf_counter() - began, time.time()
    times = sorted(run.times)
    at = {name: times[int(len(times) * share)] * 1000 for name, share in SHARES.items()}
    rate = len(times) / took
    return {"answered": len(times), "per_second": rate, "ended_at": ended_at, **at}


SHARES = {"p50_ms": 0.5, "p99_ms": 0.99}

if __name__ == "__main__":
    print(json.dumps(asyncio.run(drive(json.loads(sys.stdin.readline())))))
