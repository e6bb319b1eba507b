"""Dead letters over HTTP, in both modes: what poisoned a subscription is seen, mended, counted."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra.config import SERVICES
from tests import poison, process
from tests.conftest import System
from tests.poison import LOGGED
from tests.process import eventually
from tests.servers import PostgresServer, RabbitServer

UNIT = "2584"
WRONG = {"unit": UNIT, "count": "many"}


@dataclass
class Site:
    """Samtal in one mode, with ways to poison it."""

    system: System
    offer: Callable[[dict[str, Any]], None]
    closed: Callable[[], AbstractContextManager[None]]

    def call(
        self, method: str, path: str, body: object = None, service: str = "metrics"
    ) -> requests.Response:
        return self.system.call(method, service, f"/dead-letters{path}", body)

    def letters(self, query: str = "") -> list[dict[str, Any]]:
        """What metrics lists."""
        found: list[dict[str, Any]] = self.call("GET", query).json()["items"]
        return found

    def shown(self, letter: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/{letter['id']}").json()
        return found

    def kept(self) -> dict[str, Any]:
        """The one letter that there comes to be."""
        (letter,) = eventually(self.letters, "there is a letter")
        found: dict[str, Any] = letter
        return found

    def report(self) -> None:
        """Three conversations in the unit."""
        report = {"id": str(uuid4()), "unit": UNIT, "arena": "door", "count": 3}
        body = {**report, "held_on": "2026-03-03"}
        assert self.system.call("POST", "campaign", "/conversations", body).status_code == 201

    def conversations(self) -> int:
        path = f"/goals/conversations?unit={UNIT}&year=2026"
        value: int = self.system.call("GET", "metrics", path).json()["value"]
        return value


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An embedded Samtal of these tests' own: what its feed holds is not fit for others."""
    home = tmp_path_factory.mktemp("poisoned")
    running = process.start(SERVICES, home)
    system = System(dict.fromkeys(SERVICES, running), "embedded")
    closed = partial(poison.closed_table_of_sqlite, home, UNIT)
    yield Site(system, partial(poison.into_outbox, home), closed)
    system.running["metrics"].close()


@pytest.fixture
def shared(real: System, broker: RabbitServer, databases: PostgresServer) -> Site:
    """The real mode; what is wrong goes past campaign, and so is in no feed."""

    def offer(event: dict[str, Any]) -> None:
        body = json.dumps({**event, "position": 2**40, "epoch": "none"}).encode()
        poison.onto_exchange(broker.uri, body)

    return Site(real, offer, partial(poison.closed_table_of_postgresql, databases, UNIT))


@pytest.fixture(params=["own", "shared"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Each mode, without a letter before and after."""
    found: Site = request.getfixturevalue(request.param)
    yield found
    found.call("POST", "/discard", {"all": True})


def test_what_failed_is_counted_once_when_it_is_tried_again_after_the_cause_is_mended(
    site: Site,
) -> None:
    before = site.conversations()
    with site.closed():
        site.report()
        letter = site.kept()
        assert letter["type"] == LOGGED
        assert letter["subscription"] == "metrics"
        assert poison.CLOSED in letter["error"]
        assert site.call("POST", "/retry", {"ids": [letter["id"]]}).json() == {"retried": 1}
        again = site.kept()
        assert again["attempts"] > letter["attempts"]
        assert again["first_failed_at"] == letter["first_failed_at"] < again["failed_at"]
        assert "Traceback" in site.shown(letter)["traceback"]
    assert site.conversations() == before
    for _ in range(3):
        assert site.call("POST", "/retry", {"type": LOGGED}).status_code == 200
        assert site.letters() == []
        assert site.conversations() == before + 3
    assert site.call("POST", "/retry", {"all": True}).json() == {"retried": 0}
    assert site.call("GET", f"/{letter['id']}").status_code == 404


def test_wrong_data_is_set_aside_and_shown_as_it_came_until_it_is_discarded(site: Site) -> None:
    event = poison.event(**WRONG)
    site.offer(event)
    letter = site.kept()
    assert letter["set_aside"]
    assert letter["retry_at"] is None
    assert (letter["type"], letter["attempts"]) == (LOGGED, 1)
    assert site.letters("?set_aside=true&type=" + LOGGED) == [letter]
    assert site.letters("?set_aside=false") == site.letters("?type=campaign.nothing.v1") == []
    shown = site.shown(letter)
    assert not shown["body_is_base64"]
    assert json.loads(shown["body"])["data"] == WRONG
    freshness = site.system.call("GET", "metrics", "/freshness").json()
    assert (freshness["kept"], freshness["set_aside"]) == (1, 1)
    assert site.call("POST", "/retry", {"all": True}).json() == {"retried": 1}
    assert (site.kept()["attempts"], site.kept()["set_aside"]) == (2, True)
    for expected in (1, 0):
        answer = site.call("POST", "/discard", {"ids": [letter["id"]]})
        assert answer.json() == {"discarded": expected}
    assert site.letters() == []


def test_a_discard_is_in_the_log_with_who_did_it_and_without_the_body(site: Site) -> None:
    site.offer(poison.event(**WRONG, note="nobody may read this"))
    site.kept()
    site.call("POST", "/discard", {"type": LOGGED})
    log = site.system.running["metrics"].log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines() if "dead_letters_discarded" in line]
    said = {name: lines[-1][name] for name in ("count", "subscription", "caller")}
    assert said == {"count": 1, "subscription": "metrics", "caller": "test"}
    assert "nobody may read this" not in log


@pytest.mark.parametrize("verb", ["retry", "discard"])
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"ids", "type", "all"}),
        ({"type": LOGGED, "all": True}, {"type", "all"}),
        ({"ids": [str(uuid4())], "type": LOGGED}, {"ids", "type"}),
        ({"all": False}, {"all"}),
        ({"ids": []}, {"ids"}),
        ({"ids": ["x"]}, {"ids.0"}),
        ({"ids": [str(uuid4())] * 1001}, {"ids"}),
        ({"type": "conversation_logged"}, {"type"}),
        ({"every": True}, {"every"}),
    ],
)
def test_a_selection_that_is_not_one_is_refused_by_name(
    site: Site, verb: str, body: dict[str, Any], fields: set[str]
) -> None:
    answer = site.call("POST", f"/{verb}", body)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == fields


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_list_of_its_own(site: Site, service: str) -> None:
    site.offer(poison.event(**WRONG))
    site.kept()
    found = site.call("GET", "", service=service).json()["items"]
    assert [letter["subscription"] for letter in found] == ["metrics"] * (service == "metrics")
    if service != "metrics":
        answer = site.call("POST", "/discard", {"all": True}, service)
        assert answer.json() == {"discarded": 0}


def test_bytes_that_are_no_text_are_shown_in_base64(shared: Site, broker: RabbitServer) -> None:
    body = b"\x00\xff\xfe no event"
    poison.onto_exchange(broker.uri, body)
    letter = shared.kept()
    assert (letter["type"], letter["set_aside"]) == (None, True)
    shown = shared.shown(letter)
    assert shown["body_is_base64"]
    assert b64decode(shown["body"]) == body
    assert shared.call("POST", "/retry", {"ids": [letter["id"]]}).json() == {"retried": 1}
    assert shared.kept()["attempts"] == 2
    assert shared.call("POST", "/discard", {"all": True}).json() == {"discarded": 1}


def test_a_service_that_is_killed_still_has_its_letters(own: Site) -> None:
    own.offer(poison.event(**WRONG))
    letter = own.kept()
    running = own.system.running["metrics"]
    running.kill()
    home = Path(running.env["SAMTAL_HOME"])
    again = process.start(SERVICES, home, ports=running.ports)
    own.system.running.update(dict.fromkeys(SERVICES, again))
    try:
        assert own.kept() == letter
    finally:
        own.call("POST", "/discard", {"all": True})
