"""How callers ask the service over HTTP, and what they do not yet have before they do."""

from typing import Any

from tests.membership.given import Row
from tests.process import Running


def post(membership: Running, path: str, body: Any, **kwargs: Any) -> tuple[int, Row]:
    """The status and the answer."""
    response = membership.call("POST", "membership", path, body, **kwargs)
    return response.status_code, response.json()


def get(membership: Running, path: str, **kwargs: Any) -> Row:
    """The answer to a good question."""
    response = membership.call("GET", "membership", path, **kwargs)
    assert response.status_code == 200, response.text
    found: Row = response.json()
    return found


def joined(membership: Running, **changes: Any) -> Row:
    """A new member."""
    body = {"unit": "1280", "joined_on": "2024-05-06", "source": "digital", "name": "Åsa Öberg"}
    status, member = post(membership, "/members", {**body, **changes})
    assert status == 201
    return member


def head(membership: Running) -> int:
    """How many events there are, with those that have no position yet."""
    feed = get(membership, "/events?limit=1")
    return int(feed["head"] + feed["pending"])
