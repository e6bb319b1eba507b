"""Reading a producer's feed: this process's own database, or another service over HTTP."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import orjson
import requests

from infra import outbox
from infra.database import Database
from infra.event import routing_key
from infra.outbox import Entry, Page


class Feed(Protocol):
    """One producer's events in order of position."""

    def read(self, after: int, limit: int) -> Page:
        """The events after the position `after`, at most `limit` of them."""


@dataclass(frozen=True)
class LocalFeed:
    """The feed of a producer whose database this process has."""

    database: Database

    def read(self, after: int, limit: int) -> Page:
        """As Feed.read."""
        with self.database.reading() as session:
            return outbox.read(session, after, limit)


class RemoteFeed:
    """The feed of another service, by its `GET /events`."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/events"
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"

    def read(self, after: int, limit: int) -> Page:
        """As Feed.read; OSError (requests' errors are) when the service does not answer."""
        answer = self._http.get(self._url, params={"after": after, "limit": limit}, timeout=10)
        answer.raise_for_status()
        return parse(answer.content)


def parse(content: bytes) -> Page:
    """The page that an answer to `GET /events` holds."""
    found = orjson.loads(content)
    entries = [
        Entry(
            item["position"],
            UUID(item["id"]),
            routing_key(item["type"]),
            orjson.dumps(item),
            item["epoch"],
        )
        for item in found["items"]
    ]
    return Page(entries, found["head"], found["epoch"], found["pending"])


def render(page: Page, after: int) -> bytes:
    """The answer to `GET /events`; the bodies go out as they are stored."""
    items = b",".join(entry.body for entry in page.entries)
    rest = {
        "next": page.entries[-1].position if page.entries else after,
        "head": page.head,
        "epoch": page.epoch,
        "pending": page.pending,
    }
    return b'{"items":[' + items + b"]," + orjson.dumps(rest)[1:]
