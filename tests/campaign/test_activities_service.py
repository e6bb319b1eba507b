"""What callers are answered about activities, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from tests import process
from tests.campaign.gatherings import ANNA, BO, Row, embedded
from tests.process import Running

YESTERDAY = clock.today() - timedelta(days=1)
TOMORROW = clock.today() + timedelta(days=1)
NOBODYS = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own, which knows a few units."""
    home = tmp_path_factory.mktemp("campaign")
    embedded(home).close()
    running = process.start(["campaign"], home)
    yield running
    running.close()


def post(campaign: Running, path: str, body: Any, **kwargs: Any) -> tuple[int, Row]:
    """The status and the answer."""
    response = campaign.call("POST", "campaign", path, body, **kwargs)
    return response.status_code, response.json()


def get(campaign: Running, path: str, **kwargs: Any) -> tuple[int, Row]:
    """The status and the answer."""
    response = campaign.call("GET", "campaign", path, **kwargs)
    return response.status_code, response.json()


def body(**changes: Any) -> Row:
    """A request to plan an activity that has begun and goes on."""
    given = {
        "id": str(uuid4()),
        "unit": "1280",
        "kind": "campaign_week",
        "title": "Kampanjvecka",
        "mode": "physical",
        "starts_at": f"{YESTERDAY}T16:00:00Z",
        "ends_at": f"{TOMORROW}T18:00:00Z",
    }
    return {**given, **changes}


def planned(campaign: Running, **changes: Any) -> str:
    """The address of a new activity."""
    status, activity = post(campaign, "/activities", body(**changes))
    assert status == 201, activity
    return f"/activities/{activity['id']}"


def test_an_activity_is_planned_moved_held_and_evaluated(campaign: Running) -> None:
    given = body(leader={"group": "municipal"}, partners=["abf"], other_partners=["Orkestern"])
    (first, activity), (again, _) = (post(campaign, "/activities", given) for _ in range(2))
    path = f"/activities/{given['id']}"
    later = {"ends_at": f"{TOMORROW}T19:00:00Z"}
    moved = campaign.call("PATCH", "campaign", path, later)
    _, held = post(campaign, f"{path}/attendance", {"members": [str(ANNA), str(BO)], "guests": 4})
    evaluation = {"grade": 5, "worked": "Fikat."}
    evaluated = [post(campaign, f"{path}/evaluation", evaluation) for _ in range(2)]

    assert (first, again, moved.status_code) == (201, 200, 200)
    assert {name: activity[name] for name in given} == given
    assert (activity["open"], activity["status"], activity["version"]) == (True, "planned", 1)
    assert moved.json() == {**activity, **later, "version": 2}
    news = {"status": "held", "members": 2, "guests": 4, "version": 3}
    assert held == {**moved.json(), **news}
    assert evaluated[0] == (200, {**held, **evaluation})
    assert evaluated[1] == evaluated[0]
    assert post(campaign, f"{path}/evaluation", {"grade": 1})[0] == 409
    assert post(campaign, f"{path}/cancel", {"reason": "other"})[0] == 409
    assert get(campaign, path) == evaluated[0]
    assert post(campaign, "/activities", given) == evaluated[0]


def test_a_cancelled_activity_takes_no_attendance(campaign: Running) -> None:
    path = planned(campaign)

    cancelled = [post(campaign, f"{path}/cancel", {"reason": "weather"}) for _ in range(2)]

    assert [status for status, _ in cancelled] == [200, 200]
    assert cancelled[1][1]["cancel_reason"] == "weather"
    assert post(campaign, f"{path}/cancel", {"reason": "other"})[0] == 409
    assert post(campaign, f"{path}/attendance", {"members": [str(ANNA)]})[0] == 409
    assert post(campaign, f"{path}/signups", {"member_id": str(ANNA)})[0] == 409


def test_a_waiting_list_moves_up(campaign: Running) -> None:
    path = planned(campaign, limit=1)
    given = {"id": str(uuid4()), "member_id": str(ANNA)}

    first, again = (post(campaign, f"{path}/signups", given) for _ in range(2))
    _, waiting = post(campaign, f"{path}/signups", {"prospect_id": str(BO)})
    cancel = f"{path}/signups/{given['id']}/cancel"
    cancelled = [post(campaign, cancel, {}) for _ in range(2)]
    _, listed = get(campaign, f"{path}/signups")

    assert (first[0], again) == (201, (200, first[1]))
    assert (first[1]["status"], waiting["status"]) == ("signed_up", "waiting")
    assert cancelled == [(200, {**first[1], "status": "cancelled"})] * 2
    assert listed["items"] == [cancelled[0][1], {**waiting, "status": "signed_up"}]
    assert get(campaign, f"{path}/signups?status=waiting")[1]["items"] == []


def test_activities_are_listed_in_the_order_of_their_days(campaign: Running) -> None:
    late = planned(campaign, unit="skane", kind="petition", starts_at=f"{TOMORROW}T10:00:00Z")
    early = planned(campaign, kind="petition")

    found = get(campaign, "/activities?unit=skane&kind=petition")[1]["items"]
    from_tomorrow = get(campaign, f"/activities?kind=petition&from={TOMORROW}")[1]["items"]

    assert [f"/activities/{each['id']}" for each in found] == [early, late]
    assert [f"/activities/{each['id']}" for each in from_tomorrow] == [late]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "Ring 070-123 45 67"}, "title"),
        ({"other_partners": ["anna@example.se"]}, "other_partners.0"),
        ({"open": False, "closed_reason": "Fråga anna@example.se"}, "closed_reason"),
        ({"mode": "remote", "link": "http://mote.example.se"}, "link"),
        ({"mode": "remote", "link": "https://anna@example.se/x"}, "link"),
        ({"mode": "remote", "link": "mote"}, "link"),
        ({"link": "https://mote.example.se"}, "link"),
        ({"starts_at": "2014-12-31T22:59:59Z"}, "starts_at"),
        ({"starts_at": "2026-03-29T02:30:00"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at"),
        ({"ends_at": f"{YESTERDAY}T15:00:00Z"}, "ends_at"),
        ({"ends_at": f"{TOMORROW + timedelta(days=400)}T15:00:00Z"}, "ends_at"),
        ({"kind": "Dans"}, "kind"),
        ({"kind": "no_such_kind"}, "kind"),
        ({"limit": 0}, "limit"),
        ({"leader": {"group": "riksdagen"}}, "leader.group"),
        ({"partners": ["lo", "lo"]}, "partners"),
        ({"areas": [NOBODYS] * 101}, "areas"),
        ({"areas": [NOBODYS]}, "areas"),
        ({"kind": "door_knocking", "areas": [NOBODYS]}, "areas"),
        ({"name": "Anna"}, "name"),
    ],
)
def test_what_no_activity_can_be_is_refused_by_name(
    campaign: Running, changes: Row, field: str
) -> None:
    status, problem = post(campaign, "/activities", body(**changes))

    assert (status, set(problem["errors"])) == (422, {field})


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        ("attendance", {"members": [NOBODYS] * 1001}, "members"),
        ("attendance", {"members": ["anna"]}, "members.0"),
        ("attendance", {"guests": -1}, "guests"),
        ("attendance", {"held_on": str(TOMORROW)}, "held_on"),
        ("attendance", {"held_on": "2014-12-31"}, "held_on"),
        ("cancel", {"reason": "Anna är sjuk"}, "reason"),
        ("evaluation", {"grade": 6}, "grade"),
        ("evaluation", {"grade": 3, "worked": "Anna, 19800102-1230"}, "worked"),
        ("signups", {}, "member_id"),
        ("signups", {"member_id": NOBODYS, "prospect_id": NOBODYS}, "member_id"),
        ("signups", {"member_id": NOBODYS, "remote": True}, "remote"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    campaign: Running, action: str, given: Row, field: str
) -> None:
    path = planned(campaign)

    status, problem = post(campaign, f"{path}/{action}", given)

    assert (status, set(problem["errors"])) == (422, {field})
    assert get(campaign, path)[1]["version"] == 1


def test_an_activity_is_of_its_part_of_the_organisation(campaign: Running) -> None:
    token = campaign.token(unit="1280")
    path = planned(campaign, unit="skane")

    assert post(campaign, "/activities", body(unit="skane"), token=token)[0] == 403
    assert get(campaign, path, token=token)[0] == 403
    for action, given in (
        ("attendance", {}),
        ("cancel", {"reason": "other"}),
        ("evaluation", {"grade": 3}),
        ("signups", {"member_id": NOBODYS}),
    ):
        assert post(campaign, f"{path}/{action}", given, token=token)[0] == 403
    assert get(campaign, f"{path}/signups", token=token)[0] == 403
    assert get(campaign, f"/activities/{NOBODYS}")[0] == 404


def test_the_party_adds_kinds_for_all(campaign: Running) -> None:
    kind = {"word": "book_circle", "label": "Bokcirkel"}
    token = campaign.token(unit="1280")

    assert post(campaign, "/activity-kinds", kind, token=token)[0] == 403
    assert post(campaign, "/activity-kinds", kind) == (201, kind)
    assert post(campaign, "/activity-kinds", kind) == (200, kind)
    assert post(campaign, "/activity-kinds", {**kind, "label": "Läsecirkel"})[0] == 409
    assert kind in get(campaign, "/activity-kinds", token=token)[1]["items"]
    assert planned(campaign, kind="book_circle")
