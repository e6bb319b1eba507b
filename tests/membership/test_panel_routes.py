"""The panel over HTTP: a token is all the right there is, and no request leaves a trace."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra import clock
from tests import process
from tests.membership.asked import post
from tests.membership.given import Row
from tests.process import Running, eventually

TODAY = clock.today()
TRACE = "0af7651916cd43dd8448eb211c80319c"
GOOD = {
    "participated": True,
    "rewarding": 4,
    "voice_matters": 5,
    "influence_local": 3,
    "influence_regional": 2,
    "influence_national": 1,
}


def planning(**changes: Any) -> Row:
    """A wave to plan, open today."""
    days = {"opens_on": str(TODAY), "closes_on": str(TODAY + timedelta(days=7))}
    return {"name": "Våren", **days, **changes}


def joined(membership: Running, count: int) -> None:
    """New members."""
    body = {"unit": "1280", "joined_on": "2024-05-06", "source": "digital", "name": "Åsa"}
    answer = post(membership, "/members/batch", {"items": [body] * count})[1]
    assert answer["created"] == count


def wave(membership: Running, **changes: Any) -> str:
    """The path of a new wave."""
    status, made = post(membership, "/panel/waves", planning(**changes))
    assert status == 201
    return f"/panel/waves/{made['id']}"


def tokens(membership: Running, path: str, size: int) -> list[str]:
    """The tokens of a draw."""
    status, made = post(membership, f"{path}/invitations", {"seed": 1, "size": size})
    assert status == 201
    return [each["token"] for each in made["invitations"]]


def send(membership: Running, body: Any, **headers: str) -> requests.Response:
    """An answer, without Authorization."""
    url = membership.url("membership") + "/panel/answers"
    return requests.post(url, json=body, headers=headers, timeout=10)


def test_a_wave_goes_from_its_plan_to_its_end(membership: Running) -> None:
    joined(membership, 12)
    body = planning(id=str(uuid4()), sample=1000)
    first, again = (post(membership, "/panel/waves", body) for _ in range(2))
    other = post(membership, "/panel/waves", {**body, "name": "Hösten"})
    path = f"/panel/waves/{body['id']}"
    drawing = {"seed": 7, "size": 12}
    drawn, redrawn = (post(membership, f"{path}/invitations", drawing) for _ in range(2))
    another = post(membership, f"{path}/invitations", {"seed": 7, "size": 11})
    statuses = [
        send(membership, {**GOOD, "token": each["token"]}).status_code
        for each in drawn[1]["invitations"][:11]
    ]
    closed, reclosed = (post(membership, f"{path}/close", {}) for _ in range(2))

    assert [first[0], again[0], other[0], drawn[0], redrawn[0], another[0]] == [
        201,
        200,
        409,
        201,
        200,
        409,
    ]
    assert redrawn[1] == {**drawn[1], "invitations": []}
    assert statuses == [201] * 11
    assert closed == reclosed
    assert membership.call("GET", "membership", path).json() == {
        **body,
        "closed_on": str(TODAY),
        "invited": 12,
        "answered": 11,
    }
    listed = membership.call("GET", "membership", "/panel/waves?limit=500").json()["items"]
    assert closed[1] in listed


def test_an_answer_leaves_no_request_behind_and_its_event_says_nothing_of_one(
    membership: Running,
) -> None:
    joined(membership, 10)
    path = wave(membership)
    given = tokens(membership, path, 10)
    before = membership.log.read_text(encoding="utf-8")
    head = membership.call("GET", "membership", "/events?limit=1").json()["head"]
    marks = {"X-Request-Id": "letter-4711", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}

    answers = [send(membership, {**GOOD, "token": token}, **marks) for token in given]
    refused = send(membership, {**GOOD, "token": given[0]}, **marks)
    wrong = send(membership, {**GOOD, "token": given[0], "voice_matters": 6}, **marks)
    closing = {"Authorization": f"Bearer {membership.token()}", "X-Request-Id": "closing-4711"}
    url = membership.url("membership") + path
    assert requests.post(f"{url}/close", json={}, headers=closing, timeout=10).ok

    told = [each.status_code for each in (*answers, refused, wrong)]
    assert told == [201] * 10 + [409, 422]
    assert not any("X-Request-Id" in each.headers for each in (*answers, refused, wrong))
    log = membership.log.read_text(encoding="utf-8").removeprefix(before)
    assert '"route":"/panel/waves/<uuid:wave_id>/close"' in log
    for mark in ("/panel/answers", "letter-4711", TRACE, *given):
        assert mark not in log
    events = eventually(lambda: published(membership, path, head), "the answers are in the feed")
    assert len(events) == 10
    for event in events:
        assert not {"correlationid", "causationid", "traceparent"} & set(event)
        assert event["time"] == f"{TODAY}T00:00:00.000000Z"
        assert event["id"][14] == "4"


def published(membership: Running, path: str, after: int) -> list[Row]:
    """The panel's events of a wave behind a position, once all of the feed have their place."""
    feed = membership.call("GET", "membership", f"/events?after={after}&limit=5000").json()
    wave_id = path.rsplit("/", 1)[1]
    found = [e for e in feed["items"] if e["data"].get("wave_id") == wave_id]
    return [] if feed["pending"] else found


def test_a_used_a_late_and_a_foreign_token_are_refused(membership: Running) -> None:
    joined(membership, 3)
    path = wave(membership)
    used, late = tokens(membership, path, 2)
    assert send(membership, {**GOOD, "token": used}).status_code == 201

    repeated = send(membership, {**GOOD, "token": used})
    post(membership, f"{path}/close", {})
    too_late = send(membership, {**GOOD, "token": late})
    foreign = send(membership, {**GOOD, "token": "x" * 43})

    assert [repeated.status_code, too_late.status_code, foreign.status_code] == [409, 409, 404]
    assert repeated.json() == too_late.json()
    for refused in (repeated, too_late, foreign):
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert used not in refused.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"token": ""}, "token"),
        ({"token": None}, "token"),
        ({"token": 7}, "token"),
        ({"token": "x" * 101}, "token"),
        ({"token": "\x00"}, "token"),
        ({"participated": "ja"}, "participated"),
        ({"participated": None}, "participated"),
        ({"participated": False}, "rewarding"),
        ({"rewarding": 0}, "rewarding"),
        ({"voice_matters": 0}, "voice_matters"),
        ({"voice_matters": 6}, "voice_matters"),
        ({"voice_matters": 4.5}, "voice_matters"),
        ({"influence_local": "5"}, "influence_local"),
        ({"influence_regional": True}, "influence_regional"),
        ({"influence_national": None}, "influence_national"),
        ({"member_id": str(uuid4())}, "member_id"),
        ({"comment": "fritext"}, "comment"),
    ],
)
def test_a_bad_answer_names_the_field_and_leaves_the_token_good(
    membership: Running, changes: Row, field: str
) -> None:
    joined(membership, 1)
    path = wave(membership)
    (token,) = tokens(membership, path, 1)

    answer = send(membership, {**GOOD, "token": token, **changes})

    assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})
    assert send(membership, {**GOOD, "token": token}).status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("", {}, {"name", "opens_on", "closes_on"}),
        ("", planning(name=""), {"name"}),
        ("", planning(closes_on=str(TODAY - timedelta(days=1))), {"closes_on"}),
        ("", planning(opens_on=str(TODAY + timedelta(days=8))), {"closes_on"}),
        ("", planning(opens_on="2027-02-30"), {"opens_on"}),
        ("", planning(sample=0), {"sample"}),
        ("", planning(questions=[]), {"questions"}),
        ("/invitations", {}, {"seed", "size"}),
        ("/invitations", {"seed": -1, "size": 10}, {"seed"}),
        ("/invitations", {"seed": "x", "size": 10}, {"seed"}),
        ("/invitations", {"seed": 1, "size": 0}, {"size"}),
        ("/invitations", {"seed": 1, "size": 10_001}, {"size"}),
        ("/invitations", {"seed": 1, "size": 11}, {"size"}),
        ("/close", {"on": str(TODAY)}, {"on"}),
    ],
)
def test_a_bad_wave_or_draw_names_the_field(
    membership: Running, path: str, body: Row, fields: set[str]
) -> None:
    where = wave(membership, sample=10) + path if path else "/panel/waves"

    status, problem = post(membership, where, body)

    assert (status, set(problem["errors"])) == (422, fields)


def test_the_panel_is_the_whole_partys(membership: Running) -> None:
    path = wave(membership)
    token = membership.token("membership:read membership:write", "skane")

    def status(method: str, address: str, body: Any = None) -> int:
        return membership.call(method, "membership", address, body, token).status_code

    assert status("POST", "/panel/waves", planning()) == 403
    assert status("GET", "/panel/waves") == 403
    assert status("GET", path) == 403
    assert status("POST", f"{path}/invitations", {"seed": 1, "size": 1}) == 403
    assert status("POST", f"{path}/close", {}) == 403
    assert membership.call("GET", "membership", f"/panel/waves/{uuid4()}").status_code == 404


def test_a_wave_whose_last_day_has_passed_is_closed_at_the_next_start(tmp_path: Any) -> None:
    # The day goes by in the database: the process's own clock is that of the machine.
    before = process.start(["membership"], tmp_path)
    try:
        joined(before, 1)
        path = wave(before)
        assert send(before, {**GOOD, "token": tokens(before, path, 1)[0]}).status_code == 201
        assert before.stop() == 0
        with closing(sqlite3.connect(tmp_path / "membership.db")) as database:
            database.execute("UPDATE panel_wave SET opens_on = '2026-01-01'")
            database.execute("UPDATE panel_wave SET closes_on = '2026-01-02'")
            database.commit()
        after = process.start(["membership"], tmp_path, ports=before.ports)
        try:
            events = eventually(lambda: published(after, path, 0), "the wave is closed")
        finally:
            after.close()
    finally:
        before.close()
    assert [event["data"]["unit"] for event in events] == ["SE"]
