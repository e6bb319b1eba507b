"""What callers are answered about prospects, the funnel and segments, and what bad input leaves."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra import clock
from tests import process
from tests.membership.asked import get, post
from tests.membership.given import Row
from tests.process import Running, eventually

TODAY = clock.today()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
LONG = "x" * 10_000
EXCLUDED = "1c9d1f6e-41a0-4a55-8f0b-6f2f6a3e7d11"
NOBODY = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a12"
CONSENT = "2024-03-01T10:00:00Z"


def registering(**changes: Any) -> Row:
    """A body to register with."""
    body = {"unit": "1280", "consent_at": CONSENT, "source": "conversation"}
    return {**body, **changes}


def union(**changes: Any) -> Row:
    """What a prospect tells of their union."""
    return {"organisation": "IF Metall", "consent_at": CONSENT, **changes}


def registered(running: Running, **changes: Any) -> Row:
    """A new prospect."""
    status, prospect = post(running, "/prospects", registering(**changes))
    assert status == 201
    return prospect


def events(running: Running, name: str) -> list[Row]:
    """The data of the events of that name."""
    items = get(running, "/events?limit=5000")["items"]
    return [event["data"] for event in items if event["type"] == f"membership.{name}.v1"]


def test_a_prospect_is_registered_asked_and_joins(membership: Running) -> None:
    prospect = registered(membership, name="Nyfiken", email="ny@example.se", interests=["skola"])
    assert prospect == {
        "id": prospect["id"],
        "unit": "1280",
        "status": "registered",
        "source": "conversation",
        "consent_at": CONSENT,
        "registered_on": "2024-03-01",
        "interests": ["skola"],
        "conversation_id": None,
        "activity_id": None,
        "asks": 0,
        "asked_on": None,
        "last_asked_on": None,
        "answer": None,
        "declined_on": None,
        "joined_on": None,
    }
    path = f"/prospects/{prospect['id']}/asks"
    ask = {"id": str(uuid4()), "asked_on": "2024-04-01", "by": "v-1", "answer": "joined"}
    assert post(membership, path, ask) == (201, {**ask, "prospect_id": prospect["id"]})
    assert post(membership, path, ask) == (200, {**ask, "prospect_id": prospect["id"]})
    assert post(membership, path, {**ask, "by": "v-2"})[0] == 409

    joining = {
        "unit": "1281",
        "joined_on": "2024-05-01",
        "source": "conversation",
        "name": "Nyfiken Nilsson",
        "prospect_id": prospect["id"],
    }
    assert post(membership, "/members", joining)[0] == 201
    refused = post(membership, "/members", joining)
    assert (refused[0], set(refused[1]["errors"])) == (422, {"prospect_id"})
    assert post(membership, path, {**ask, "id": str(uuid4())})[0] == 409

    listed = get(membership, "/prospects?unit=1280&status=joined")["items"]
    (found,) = [row for row in listed if row["id"] == prospect["id"]]
    assert (found["joined_on"], found["asks"]) == ("2024-05-01", 1)


def test_declining_is_an_action(membership: Running) -> None:
    path = f"/prospects/{registered(membership)['id']}/decline"

    first = post(membership, path, {"declined_on": "2024-04-01"})
    again = post(membership, path, {"declined_on": "2024-04-01"})

    assert (first[0], first[1]["status"], again) == (200, "declined", first)
    assert post(membership, path, {"declined_on": "2024-04-02"})[0] == 409


def test_the_list_goes_page_by_page_the_longest_waiting_first(membership: Running) -> None:
    ids = [
        registered(membership, unit="2584", consent_at=f"2024-03-0{day}T10:00:00Z")["id"]
        for day in (3, 1, 2)
    ]
    path = "/prospects?unit=2584&limit=2"
    first = get(membership, path)
    rest = get(membership, f"{path}&cursor={first['next']}")

    found = [row["id"] for row in first["items"] + rest["items"]]
    assert found == [ids[1], ids[2], ids[0]]
    assert rest["next"] is None


def test_who_may_act_in_a_district_acts_there_alone(membership: Running) -> None:
    token = membership.token("membership:write membership:read", "skane")
    there = registered(membership, unit="0114")["id"]
    asking = {"asked_on": "2024-04-01", "by": "v-1"}

    def status(method: str, path: str, body: Any = None) -> int:
        return membership.call(method, "membership", path, body, token).status_code

    assert status("POST", "/prospects", registering()) == 201
    assert status("POST", "/prospects", registering(unit="0114")) == 403
    assert status("POST", f"/prospects/{there}/asks", asking) == 403
    assert status("POST", f"/prospects/{there}/decline", {"declined_on": "2024-04-01"}) == 403
    for path in ("/prospects", "/funnel", "/segments"):
        assert status("GET", f"{path}?unit=skane") == 200
        assert status("GET", f"{path}?unit=0114") == 403
        assert status("GET", path) == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/prospects", "membership:write"),
        ("GET", "/funnel", "membership:write"),
        ("GET", "/segments", "membership:write"),
        ("POST", "/prospects", "membership:read"),
        ("POST", f"/prospects/{NOBODY}/asks", "membership:read"),
        ("POST", f"/prospects/{NOBODY}/decline", "membership:read"),
    ],
)
def test_every_route_needs_its_scope(
    membership: Running, method: str, path: str, scope: str
) -> None:
    without = membership.http.request(method, membership.url("membership") + path, timeout=10)
    lacking = membership.call(method, "membership", path, {}, membership.token(scope))

    assert (without.status_code, lacking.status_code) == (401, 403)


BAD_PROSPECTS: list[tuple[str, Any]] = [
    ("consent_at", None),
    ("consent_at", f"{TOMORROW}T23:00:00Z"),
    ("consent_at", "2024-03-01"),
    ("unit", "nowhere"),
    ("unit", None),
    ("source", "guess"),
    ("interests", ["x" * 51]),
    ("interests", ["skola", "skola"]),
    ("conversation_id", "7"),
    ("activity_id", 7),
    ("name", ""),
    ("name", "x" * 201),
    ("name", "\x00"),
    ("email", LONG),
    ("email", "ny"),
    ("phone", "ring"),
    ("union", "IF Metall"),
    ("union", {"organisation": "IF Metall"}),
    ("union", union(consent_at=f"{TOMORROW}T23:00:00Z")),
    ("birth_year", 1990),
    ("birth_year", {"year": 1990}),
    ("birth_year", {"year": "1990", "consent_at": CONSENT}),
    ("birth_year", {"year": TODAY.year + 1, "consent_at": CONSENT}),
    ("birth_year", {"year": 1990, "consent_at": f"{TOMORROW}T23:00:00Z"}),
    ("personal_number", "19800102-1234"),
]


def test_a_bad_field_is_named_and_nothing_is_kept(membership: Running) -> None:
    before = len(events(membership, "prospect_registered"))
    for field, value in BAD_PROSPECTS:
        status, problem = post(membership, "/prospects", registering(**{field: value}))
        assert (field, status) == (field, 422)
        assert {name.split(".")[0] for name in problem["errors"]} == {field}, (field, value)

    status, problem = post(membership, "/prospects", {})
    assert (status, set(problem["errors"])) == (422, {"unit", "consent_at", "source"})
    assert len(events(membership, "prospect_registered")) == before


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("asks", {}, {"asked_on", "by"}),
        ("asks", {"asked_on": "2024-02-29", "by": "v"}, {"asked_on"}),
        ("asks", {"asked_on": TOMORROW, "by": "v"}, {"asked_on"}),
        ("asks", {"asked_on": "2024-04-01", "by": ""}, {"by"}),
        ("asks", {"asked_on": "2024-04-01", "by": "x" * 65}, {"by"}),
        ("asks", {"asked_on": "2024-04-01", "by": "v", "answer": "perhaps"}, {"answer"}),
        ("asks", {"asked_on": "2024-04-01", "by": "v", "note": "x"}, {"note"}),
        ("decline", {}, {"declined_on"}),
        ("decline", {"declined_on": "2024-02-29"}, {"declined_on"}),
        ("decline", {"declined_on": TOMORROW}, {"declined_on"}),
    ],
)
def test_a_bad_ask_or_decline_names_the_field(
    membership: Running, path: str, body: Row, fields: set[str]
) -> None:
    prospect = registered(membership, unit="0180")

    status, problem = post(membership, f"/prospects/{prospect['id']}/{path}", body)

    assert (status, set(problem["errors"])) == (422, fields)
    listed = get(membership, "/prospects?unit=0180&limit=500")["items"]
    assert prospect in listed


@pytest.mark.parametrize(
    "path",
    [
        "/prospects?status=deleted",
        "/prospects?limit=501",
        "/prospects?unit=nowhere",
        "/funnel?unit=nowhere",
        "/funnel?year=2024",
        "/segments?unit=nowhere",
        "/segments?limit=5",
    ],
)
def test_a_bad_query_is_refused(membership: Running, path: str) -> None:
    assert membership.call("GET", "membership", path).status_code == 422


def test_who_is_not_there_is_not_found(membership: Running) -> None:
    asking = {"asked_on": "2024-04-01", "by": "v-1"}

    assert post(membership, f"/prospects/{NOBODY}/asks", asking)[0] == 404
    assert post(membership, f"/prospects/{NOBODY}/decline", {"declined_on": "2024-04-01"})[0] == 404


def test_no_answer_event_or_log_line_tells_who_a_prospect_is(membership: Running) -> None:
    told = {"name": "Sigrun Dold", "email": "dold@example.se", "phone": "0709998877"}
    prospect = registered(membership, **told, union=union(organisation="Dolda facket"))
    ask = {"asked_on": "2024-04-01", "by": "v-1", "answer": "declined"}
    post(membership, f"/prospects/{prospect['id']}/asks", ask)

    refused = post(membership, "/prospects", registering(**{**told, "email": "dold"}))
    seen = str(refused) + str(prospect)
    for path in ("/prospects?status=declined&limit=500", "/funnel", "/events?limit=5000"):
        seen += str(get(membership, path))
    seen += membership.log.read_text(encoding="utf-8")

    for secret in ("Sigrun", "dold@", "Dolda", "0709998877"):
        assert secret not in seen


def test_the_funnel_is_answered_for_a_unit(membership: Running) -> None:
    prospect = registered(membership, unit="0319", source="union")
    ask = {"asked_on": "2024-03-11", "by": "v-1"}
    post(membership, f"/prospects/{prospect['id']}/asks", ask)

    branch, district = (
        get(membership, "/funnel?unit=0319"),
        get(membership, "/funnel?unit=uppsala-lan"),
    )

    counts = {"prospects": 1, "asked": 1, "joined": 0, "declined": 0}
    days = {"days_to_ask": 10.0, "days_to_join": None}
    asking = {"not_yet_asked": 0, "askers": 1}
    assert branch["sources"] == [{"source": "union", **counts, **days}]
    assert branch["remainder"] == {**counts, **asking}
    (child,) = [row for row in district["children"] if row["unit"] == "0319"]
    assert child == {"unit": "0319", "name": "Älvkarleby", **counts, **asking}


def after_a_start(home: Path, ports: Any) -> Row:
    """What a new process shows, once it has counted the segments and deleted the old."""
    running = process.start(["membership"], home, ports=ports)
    try:
        eventually(lambda: get(running, "/segments")["counted_on"], "the segments are counted")
        eventually(lambda: len(get(running, "/prospects")["items"]) == 1, "the old are deleted")
        return {
            "prospects": [row["id"] for row in get(running, "/prospects")["items"]],
            "segments": get(running, "/segments?unit=skane"),
            "events": events(running, "segment_counted"),
            "log": running.log.read_text(encoding="utf-8"),
            "stopped": running.stop(),
        }
    finally:
        running.close()


def test_the_segments_are_counted_once_a_day_and_old_prospects_deleted(tmp_path: Path) -> None:
    first = process.start(["membership"], tmp_path)
    try:
        registered(first)
        kept = registered(first, consent_at=f"{TODAY}T00:00:01Z")
        members = [joining(f"Ung {n}", f"{TODAY.year - 20}-01-01") for n in range(6)]
        members += [joining(f"Gammal {n}", "1960-01-01") for n in range(9)]
        assert post(first, "/members/batch", {"items": members})[1]["created"] == 15
        assert first.stop() == 0
    finally:
        first.close()

    seen = [after_a_start(tmp_path, first.ports) for _ in range(2)]

    for found in seen:
        assert (found["prospects"], found["stopped"]) == ([kept["id"]], 0)
        segments = found["segments"]
        assert (segments["young"], segments["counted_on"]) == (6, TODAY.isoformat())
        assert sorted(data["unit"] for data in found["events"]) == ["SE", "skane"]
        assert found["log"].count("segments_counted") == 1


def joining(name: str, birth_date: str) -> Row:
    """An item of a batch."""
    return {
        "unit": "1280",
        "joined_on": "2024-05-06",
        "source": "digital",
        "name": name,
        "birth_date": birth_date,
    }


@pytest.mark.parametrize(
    "told", [{"email": "Utesluten@Example.se"}, {"phone": "0046 70-998 11 22"}]
)
def test_who_was_excluded_is_on_no_list_however_written(membership: Running, told: Row) -> None:
    member = {**joining("Utesluten", "1960-01-01"), "unit": "2580", "email": "utesluten@example.se"}
    post(membership, "/members", {**member, "id": EXCLUDED, "phone": "070-998 11 22"})
    leaving = {"left_on": "2024-09-01", "reason": "exclusion"}
    assert post(membership, f"/members/{EXCLUDED}/leave", leaving)[0] == 200
    prospect = registered(membership, unit="2580", **told)

    for status in ("", "&status=registered"):
        listed = get(membership, f"/prospects?unit=2580&limit=500{status}")["items"]
        assert prospect["id"] not in [row["id"] for row in listed]


def test_who_a_prospect_is_is_shown_to_who_may_know_and_says_why(membership: Running) -> None:
    told = {"name": "Nyfiken Nilsson", "email": "nyfiken@example.se", "phone": None}
    prospect = registered(membership, **told)
    url = f"{membership.url('membership')}/prospects/{prospect['id']}"

    def ask(scopes: str, **headers: str) -> requests.Response:
        token = {"Authorization": f"Bearer {membership.token(scopes)}"}
        return requests.get(url, headers=token | headers, timeout=30)

    why = {"X-Purpose": "Samtal om medlemskap"}
    assert "personal" not in ask("membership:read").json()
    assert ask("membership:read", **why).status_code == 403
    shown = ask("membership:read membership:personal", **why).json()
    assert {name: shown["personal"][name] for name in told} == told
