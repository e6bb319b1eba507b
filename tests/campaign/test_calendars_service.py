"""Calendars, as the programs of those who subscribe to them ask for them."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from icalendar import Calendar

from infra import clock
from tests import process
from tests.campaign import planned
from tests.process import Running

SOON = clock.now().replace(microsecond=0) + timedelta(days=30)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own, which knows a few units."""
    home = tmp_path_factory.mktemp("calendars")
    planned.ready(f"sqlite:///{home}/campaign.db").close()
    running = process.start(["campaign"], home)
    yield running
    running.close()


def address(campaign: Running, unit: str) -> str:
    """A new address of the unit's calendar."""
    made = campaign.call("POST", "campaign", f"/units/{unit}/calendar", {})
    assert made.status_code == 201, made.text
    return str(made.json()["address"])


def ask(campaign: Running, path: str, **headers: str) -> requests.Response:
    """As a calendar program does: without a token."""
    return requests.get(campaign.url("campaign") + path, headers=headers, timeout=10)


def plan(campaign: Running, **changes: Any) -> str:
    """A new activity's id."""
    body = {
        "unit": "1280",
        "kind": "theme_meeting",
        "title": "Skolan på torget",
        "mode": "remote",
        "link": "https://mote.example.se/hemligt",
        "starts_at": f"{SOON:%Y-%m-%dT%H:%M:%SZ}",
        "ends_at": f"{SOON + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}",
        **changes,
    }
    made = campaign.call("POST", "campaign", "/activities", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_an_activity_is_in_the_calendar_and_cancelled_there(campaign: Running) -> None:
    path = address(campaign, "1280")
    activity = plan(campaign)
    plan(campaign, unit="0180", title="Någon annanstans")

    answer = ask(campaign, path)
    (before,) = Calendar.from_ical(answer.content).events
    reason = {"reason": "weather"}
    campaign.call("POST", "campaign", f"/activities/{activity}/cancel", reason)
    (after,) = Calendar.from_ical(ask(campaign, path).content).events

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert before.decoded("DTSTART").astimezone(UTC) == SOON
    assert "hemligt" not in answer.text
    assert (str(before["STATUS"]), str(after["STATUS"])) == ("CONFIRMED", "CANCELLED")
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_who_has_it_already_is_told_just_that(campaign: Running) -> None:
    path = address(campaign, "1281")
    tag = ask(campaign, path).headers["ETag"]

    same = ask(campaign, path, **{"If-None-Match": tag})
    plan(campaign, unit="1281")
    other = ask(campaign, path, **{"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert (other.status_code, other.headers["ETag"] == tag) == (200, False)


def test_a_key_opens_its_own_calendar_until_it_is_revoked(campaign: Running) -> None:
    body = {"id": str(uuid4())}
    made, again = (
        campaign.call("POST", "campaign", "/units/1280-by/calendar", body) for _ in range(2)
    )
    path = made.json()["address"]
    elsewhere = path.replace("1280-by", "1281")
    listed = campaign.call("GET", "campaign", "/calendars?unit=1280-by").json()["items"]

    assert (made.status_code, again.status_code, again.json()["address"]) == (201, 200, None)
    assert [row["id"] for row in listed] == [body["id"]]
    assert "address" not in listed[0]
    assert ask(campaign, path).status_code == 200
    assert ask(campaign, elsewhere).status_code == 401
    assert campaign.call("POST", "campaign", "/units/1281/calendar", body).status_code == 409
    # It opens nothing else, and no list.
    key = path.split("=")[1]
    assert ask(campaign, f"/calendars?key={key}").status_code == 401
    assert ask(campaign, "/activities", Authorization=f"Bearer {key}").status_code == 401

    revoke = f"/calendars/{body['id']}/revoke"
    revoked = [campaign.call("POST", "campaign", revoke, {}) for _ in range(2)]

    assert [each.status_code for each in revoked] == [200, 200]
    assert revoked[0].json() == revoked[1].json()
    assert ask(campaign, path).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 401),
        ("?key=" + "x" * 32, 401),
        ("?key=", 422),
        ("?key=x", 422),
        ("?key=" + "x" * 101, 422),
        ("?key=" + "x" * 31 + "%00", 422),
        (f"?key={'x' * 32}&key={'x' * 32}", 422),
        (f"?key={'x' * 32}&x=1", 422),
        ("?token=" + "x" * 32, 401),
    ],
)
def test_without_a_good_key_there_is_no_calendar(
    campaign: Running, query: str, status: int
) -> None:
    answer = ask(campaign, f"/units/1280/calendar.ics{query}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_opens_the_calendars_of_its_part(campaign: Running) -> None:
    def status(path: str, unit: str, scopes: str = "campaign:read", method: str = "GET") -> int:
        token = campaign.token(scopes, unit)
        body = None if method == "GET" else {}
        return campaign.call(method, "campaign", path, body, token).status_code

    of_malmo = "/units/1280/calendar.ics"
    assert (status(of_malmo, "skane"), status(of_malmo, "0180")) == (200, 403)
    assert status(of_malmo, "SE", "campaign:write") == 403
    assert status("/units/nowhere/calendar.ics", "SE") == 422
    assert status("/units/1280/calendar", "0180", "campaign:write", "POST") == 403
    assert status("/units/1280/calendar", "1280", "campaign:read", "POST") == 403
    assert status("/calendars", "1280") == 403
    assert status("/calendars?unit=1280", "1280") == 200


def test_the_key_is_in_no_log(campaign: Running) -> None:
    path = address(campaign, "0180")
    key = path.split("=")[1]
    for asked in (path, path.replace("0180", "1280"), f"/nowhere?key={key}", f"{path}&x=1"):
        ask(campaign, asked)
    series = ask(campaign, "/prometheus").text

    log = campaign.log.read_text(encoding="utf-8")
    assert "/units/<code>/calendar.ics" in log
    assert key not in log + series
