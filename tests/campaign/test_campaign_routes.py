"""Campaigns, workplaces and what they reach, as callers have them over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from tests import process
from tests.campaign.campaigning import Row, log, made_in
from tests.process import Running, eventually

TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)
START = TODAY - timedelta(days=30)
NOTHING = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service alone, with a few units and a report of a week that is over."""
    home = tmp_path_factory.mktemp("campaign")
    database = made_in(home)
    with database.writing() as session:
        log(session, unit="0180", held_on=START, logged_by="v-9")
    database.close()
    started = process.start(["campaign"], home)
    yield started
    started.close()


@pytest.fixture
def call(running: Running) -> Any:
    """One request, answered with its status and JSON."""

    def send(
        method: str, path: str, body: Any = None, unit: str = "SE", scopes: str | None = None
    ) -> tuple[int, Row]:
        token = running.token(scopes or "campaign:read campaign:write", unit)
        answer = running.call(method, "campaign", path, body, token)
        return answer.status_code, answer.json()

    return send


def asking(**changes: Any) -> Row:
    """A body for a campaign."""
    body = {
        "id": str(uuid4()),
        "unit": "skane",
        "name": "Samtal på torget",
        "method": "mobilise",
        "starts_on": str(START),
        "ends_on": str(TOMORROW),
        "topics": ["skola", "vård"],
    }
    return {**body, **changes}


def telling(**changes: Any) -> Row:
    """A body for a conversation."""
    body = {"unit": "1280", "arena": "door", "held_on": str(TODAY), "logged_by": "v-1"}
    return {"id": str(uuid4()), **body, **changes}


def refused(answer: tuple[int, Row]) -> tuple[int, set[str]]:
    """The status and the fields that are named."""
    return answer[0], set(answer[1].get("errors", {}))


def test_a_campaign_is_made_shown_listed_and_ended(call: Any) -> None:
    body = asking()
    first, again = (call("POST", "/campaigns", body) for _ in range(2))
    path = f"/campaigns/{body['id']}"
    shown, listed = call("GET", path), call("GET", "/campaigns?unit=1280&method=mobilise")
    day = {"ended_on": str(TODAY)}
    ended = [call("POST", f"{path}/end", day) for _ in range(2)]

    assert first == (201, {**body, "ended_on": None})
    assert again == shown == (200, first[1])
    assert first[1] in listed[1]["items"]
    assert call("POST", "/campaigns", {**body, "name": "En annan"})[0] == 409
    assert ended == [(200, {**first[1], **day})] * 2
    assert call("POST", f"{path}/end", {"ended_on": str(START)})[0] == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nowhere"}, "unit"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Ring 070-174 06 05"}, "name"),
        ({"name": "Skriv till anna@exempel.se"}, "name"),
        ({"method": "shouting"}, "method"),
        ({"starts_on": "2014-12-31"}, "starts_on"),
        ({"ends_on": "2016-01-01"}, "ends_on"),
        ({"topics": ["skola"] * 21}, "topics"),
        ({"topics": ["070-174 06 05"]}, "topics.0"),
        ({"goal": 5}, "goal"),
    ],
)
def test_a_bad_campaign_is_refused_by_name(call: Any, changes: Row, field: str) -> None:
    assert refused(call("POST", "/campaigns", asking(**changes))) == (422, {field})


def test_progress_goals_and_silence_follow_the_conversations(call: Any) -> None:
    body = asking()
    call("POST", "/campaigns", body)
    path = f"/campaigns/{body['id']}"
    call("POST", "/workplaces", {"unit": "1281", "name": "Bruket"})
    reports = [
        telling(campaign_id=body["id"], count=5, topics=["skola"]),
        telling(campaign_id=body["id"], unit="1280-rosengard", logged_by="v-2"),
        telling(campaign_id=body["id"], arena="workplace", workplace="Bruket"),
    ]
    assert call("POST", "/conversations/batch", {"items": reports})[1]["created"] == 3
    goal = call("PUT", f"{path}/goals/1280", {"target": 14})
    void = call("POST", f"/conversations/{reports[0]['id']}/void", {"reason": "mistake"})
    status, progress = call("GET", f"{path}/progress?unit=1280", unit="1280")
    _, silent = call("GET", f"{path}/silent?days=30", unit="SE")

    assert goal == (200, {"campaign_id": body["id"], "unit": "1280", "target": 14})
    assert (status, void[0]) == (200, 200)
    assert progress == {
        "campaign_id": body["id"],
        "unit": "1280",
        "name": "1280",
        "target": 14,
        "conversations": 2,
        "share": pytest.approx(1 / 7),
        "volunteers": 2,
        "workplaces": 1,
        "children": [
            {
                "unit": "1280-rosengard",
                "name": "1280-Rosengard",
                "target": None,
                "conversations": 1,
                "share": None,
            }
        ],
    }
    assert silent == {
        "items": [{"unit": "1281", "name": "1281", "since": None, "days": 30}],
        "next": None,
    }


def test_a_conversation_that_is_in_no_such_campaign_or_workplace_is_refused(call: Any) -> None:
    body = asking(ends_on=None)
    call("POST", "/campaigns", body)
    key = body["id"]
    before = (START - timedelta(days=1)).isoformat()

    for changes, field in (
        ({"campaign_id": NOTHING}, "campaign_id"),
        ({"campaign_id": key, "unit": "0180"}, "campaign_id"),
        ({"campaign_id": key, "held_on": before}, "campaign_id"),
        ({"campaign_id": key, "topics": ["vård", "fiske"]}, "topics.1"),
        ({"workplace": "Ingenstans"}, "workplace"),
    ):
        assert refused(call("POST", "/conversations", telling(**changes))) == (422, {field})
    assert call("GET", f"/campaigns/{key}/progress")[1]["conversations"] == 0


@pytest.mark.parametrize("target", [0, -1, 1.5, "7", True, None, 10**9 + 1])
def test_a_bad_target_is_refused(call: Any, target: Any) -> None:
    body = asking()
    call("POST", "/campaigns", body)

    answer = call("PUT", f"/campaigns/{body['id']}/goals/1280", {"target": target})

    assert refused(answer) == (422, {"target"})


def test_the_list_of_workplaces_is_one(call: Any) -> None:
    body = {"id": str(uuid4()), "unit": "1280", "name": "Hamnen"}
    first, again = (call("POST", "/workplaces", body) for _ in range(2))
    other = call("POST", "/workplaces", {**body, "id": str(uuid4())})
    call("POST", "/conversations", telling(workplace="Hamnen", arena="workplace", count=3))
    _, reached = call("GET", f"/workplaces/reached?unit=1280&year={TODAY.year}")

    assert (first, again, other[0]) == ((201, body), (200, body), 409)
    assert body in call("GET", "/workplaces?unit=1280-rosengard")[1]["items"]
    assert reached["workplaces"] >= 1
    assert reached["conversations"] >= 3
    for name in ("", "x" * 201, "ring 0701740605", None):
        assert refused(call("POST", "/workplaces", {**body, "name": name})) == (422, {"name"})


def test_volunteers_are_told_of_by_the_timer(call: Any) -> None:
    def told() -> list[Row]:
        _, page = call("GET", "/events?limit=5000", scopes="events:read")
        return [e["data"] for e in page["items"] if e["type"] == "campaign.volunteers_counted.v1"]

    year, number, _ = START.isocalendar()
    week = {"week": f"{year}-W{number:02}", "volunteers": 1, "version": 1}
    found = eventually(told, "the timer tells of the week")
    assert found == [{"unit": unit, **week} for unit in ("0180", "SE", "stockholms-lan")]


def test_who_may_act_in_a_branch_acts_there_and_sees_what_holds_there(call: Any) -> None:
    of_district, of_other = asking(), asking(unit="1281")
    for body in (of_district, of_other):
        assert call("POST", "/campaigns", body)[0] == 201
    above, beside = (f"/campaigns/{body['id']}" for body in (of_district, of_other))
    ending = {"ended_on": str(TODAY)}

    def status(method: str, path: str, body: Any = None) -> int:
        found: int = call(method, path, body, unit="1280")[0]
        return found

    assert status("GET", above) == 200
    assert status("GET", beside) == 403
    assert status("GET", f"{above}/progress?unit=1280") == 200
    assert status("GET", f"{above}/silent?unit=1280") == 200
    assert status("GET", f"{beside}/progress?unit=1280") == 422
    for path in (f"{above}/progress", f"{above}/silent", "/campaigns", "/workplaces"):
        assert status("GET", path) == 403
    assert status("GET", "/workplaces/reached") == 403
    assert status("POST", f"{above}/end", ending) == 403
    assert status("PUT", f"{above}/goals/1280", {"target": 5}) == 200
    assert status("PUT", f"{above}/goals/skane", {"target": 5}) == 403
    assert status("POST", "/campaigns", asking()) == 403
    assert status("POST", "/workplaces", {"unit": "1281", "name": "Skolan"}) == 403


def test_what_is_not_there_is_not_found(call: Any) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/progress", None),
        ("GET", "/silent", None),
        ("POST", "/end", {"ended_on": str(TODAY)}),
        ("PUT", "/goals/1280", {"target": 5}),
    ):
        assert call(method, f"/campaigns/{NOTHING}{path}", body)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns?method=shouting",
        "/campaigns?cursor=x",
        "/campaigns?unit=nowhere",
        f"/campaigns/{NOTHING}/silent?days=0",
        f"/campaigns/{NOTHING}/silent?days=x",
        "/workplaces?limit=501",
        "/workplaces?unit=nowhere",
        "/workplaces/reached?year=2014",
        "/workplaces/reached?unit=nowhere",
    ],
)
def test_a_bad_query_is_refused(call: Any, path: str) -> None:
    assert call("GET", path)[0] == 422
