"""What callers are answered about areas, over HTTP."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra import clock
from infra.database import Database
from infra.http.requests import MAX_BODY
from services.campaign.service.areas import AreaRoutes
from tests import process
from tests.campaign import mapped
from tests.campaign.mapped import DAY, NOW, Row, assign, at, made, names_published, square
from tests.process import Running

COLUMNS = count()
CROWD = 200
READ_AND_WRITE = "campaign:read campaign:write"


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Campaign in a process of its own, beside membership, so that campaign knows the units."""
    running = process.start(["membership", "campaign"], tmp_path_factory.mktemp("areas"))
    yield running
    running.close()


def post(campaign: Running, path: str, body: Any, **kwargs: Any) -> tuple[int, Row]:
    """The status and the answer."""
    response = campaign.call("POST", "campaign", path, body, **kwargs)
    return response.status_code, response.json()


def get(campaign: Running, path: str, **kwargs: Any) -> Row:
    """The answer to a good question."""
    response = campaign.call("GET", "campaign", path, **kwargs)
    assert response.status_code == 200, response.text
    answer: Row = response.json()
    return answer


def drawing(**changes: Any) -> Row:
    """A body to draw an area of its own."""
    body = {
        "id": str(uuid4()),
        "unit": "1280",
        "name": "Rosengård",
        "polygon": square(next(COLUMNS)),
        "households": 200,
    }
    return {**body, **changes}


def drawn(campaign: Running, **changes: Any) -> str:
    """A new area's id."""
    status, area = post(campaign, "/areas", drawing(**changes))
    assert status == 201, area
    return str(area["id"])


def asking(**changes: Any) -> Row:
    """A body to have an area for two hours."""
    until = clock.now() + timedelta(hours=2)
    body = {"id": str(uuid4()), "assignee": "v-1", "until": clock.rfc3339(until), "mode": "visits"}
    return {**body, **changes}


def test_an_area_is_drawn_assigned_released_and_begun_again(campaign: Running) -> None:
    body, ask = drawing(unit="1261"), asking(assignee="v-7")
    path = f"/areas/{body['id']}"
    first, again = (post(campaign, "/areas", body) for _ in range(2))
    assigned = [post(campaign, f"{path}/assignments", ask) for _ in range(2)]
    held = get(campaign, path)
    free = get(campaign, "/areas?unit=1261&free=true")["items"]
    early = post(campaign, f"{path}/rounds", {"round": 2})
    released = [post(campaign, f"{path}/release", {"reason": "done"}) for _ in range(2)]
    begun = [post(campaign, f"{path}/rounds", {"round": 2}) for _ in range(2)]

    assert (first[0], again) == (201, (200, first[1]))
    shown = {**body, "exclusive": True, "round": 1, "created_at": first[1]["created_at"]}
    assert first[1] == {**shown, "assignment": None}
    assert [status for status, _ in assigned] == [201, 200]
    assignment = assigned[0][1]
    assert assigned[1][1] == assignment
    assert {name: assignment[name] for name in ask} == ask
    assert held == {**shown, "assignment": assignment, "rounds": []}
    assert free == []
    assert early[0] == 409
    assert [status for status, _ in released] == [200, 200]
    assert released[0][1]["end_reason"] == "released"
    assert begun == [(200, {**shown, "round": 2, "assignment": None})] * 2
    assert get(campaign, "/areas?unit=1261&free=true")["items"] == [begun[0][1]]


def test_an_area_is_mended(campaign: Running) -> None:
    body = drawing()
    _, area = post(campaign, "/areas", body)
    path = f"/areas/{body['id']}"
    changed = campaign.call("PATCH", "campaign", path, {"name": "Herrgården", "households": 9})

    assert changed.json() == {**area, "name": "Herrgården", "households": 9}
    assert campaign.call("PATCH", "campaign", path, {}).json() == changed.json()
    assert post(campaign, "/areas", body) == (200, changed.json())
    assert campaign.call("PATCH", "campaign", path, {"unit": "1281"}).status_code == 422


def test_of_two_hundred_requests_for_one_area_one_is_answered_201(campaign: Running) -> None:
    path, token = f"/areas/{drawn(campaign)}/assignments", campaign.token()
    url, headers = campaign.url("campaign") + path, {"Authorization": f"Bearer {token}"}

    def ask(number: int) -> requests.Response:
        return requests.post(url, json=asking(assignee=f"v-{number}"), headers=headers, timeout=30)

    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(pool.map(ask, range(CROWD)))

    (won,) = [answer.json() for answer in answers if answer.status_code == 201]
    lost = [answer for answer in answers if answer.status_code == 409]
    assert len(lost) == CROWD - 1
    assert {answer.json()["detail"] for answer in lost} == {
        f"Somebody has the area until {won['until']}."
    }


def test_areas_are_handed_out_at_the_door(campaign: Running) -> None:
    ids = {drawn(campaign, unit="1262") for _ in range(2)}
    answers = [
        post(campaign, "/areas/hand-out", asking(unit="1262", assignee=f"v-{number}"))
        for number in range(3)
    ]

    assert [status for status, _ in answers] == [201, 201, 409]
    assert {answer["area_id"] for _, answer in answers[:2]} == ids


@pytest.mark.parametrize(
    "polygon",
    [
        {"type": "Polygon", "coordinates": [[[13.0, 55.5], [13.1, 55.5]]]},
        {"type": "Polygon", "coordinates": [[[13.0, 55.5]] * 100_000]},
        {"type": "Polygon", "coordinates": [[[13.0, 55.5]]] * 100_000},
        {"type": "Polygon", "coordinates": [*square()["coordinates"], *square(3)["coordinates"]]},
        {"type": "Polygon", "coordinates": [[[200, 55.5], [13, 56], [14, 56], [200, 55.5]]]},
        {"type": "Polygon", "coordinates": [[[1e300, 55.5], [13, 56], [14, 56], [1e300, 55.5]]]},
        {"type": "Polygon", "coordinates": [[[13, 55], [14, 56], [14, 55], [13, 56], [13, 55]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[13.0, 55.5]]},
        {"type": "Polygon", "coordinates": [[["x"] * 2] * 5]},
    ],
    ids=range(10),
)
def test_what_is_no_polygon_is_refused_by_name(campaign, polygon):
    body = drawing(unit="1263", polygon=polygon)
    status, answer = post(campaign, "/areas", body)

    assert (status, set(answer["errors"])) == (422, {"polygon"})
    assert get(campaign, "/areas?unit=1263")["items"] == []


@pytest.mark.parametrize(
    ("polygon", "field"),
    [
        ({"type": "MultiPolygon", "coordinates": [[]]}, "polygon.type"),
        ({"type": "Polygon", "coordinates": 7}, "polygon.coordinates"),
        ({"type": "Polygon", "coordinates": [7]}, "polygon.coordinates"),
        ({"type": "Polygon"}, "polygon.coordinates"),
        ({**square(), "crs": "RT90"}, "polygon.crs"),
        ("Polygon", "polygon"),
    ],
)
def test_what_is_not_geojson_is_refused_by_name(campaign, polygon, field):
    status, answer = post(campaign, "/areas", drawing(polygon=polygon))
    assert (status, set(answer["errors"])) == (422, {field})


def test_a_polygon_that_fills_more_than_a_body_is_refused_unread(campaign: Running) -> None:
    ring = [[13.0, 55.5]] * (MAX_BODY // 10)
    body = json.dumps(drawing(polygon={"type": "Polygon", "coordinates": [ring]}))
    headers = {
        "Authorization": f"Bearer {campaign.token()}",
        "Content-Type": "application/json",
    }
    url = campaign.url("campaign") + "/areas"
    answer = campaign.http.post(url, data=body, headers=headers, timeout=30)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {"name": "ring 070-174 06 05"}, "name"),
        ("", {"households": 0}, "households"),
        ("", {"households": 1.5}, "households"),
        ("assignments", {"assignee": "anna@exempel.se"}, "assignee"),
        ("assignments", {"assignee": "x" * 65}, "assignee"),
        ("assignments", {"until": "2026-01-01T10:00:00Z"}, "until"),
        ("assignments", {"until": "9999-12-31T23:59:59-14:00"}, "until"),
        ("assignments", {"mode": "both"}, "mode"),
        ("release", {"reason": "trött"}, "reason"),
        ("rounds", {"round": 1}, "round"),
        ("rounds", {"round": 101}, "round"),
    ],
)
def test_what_is_wrong_is_refused_by_name(campaign, path, body, field):
    if path:
        path = f"/{drawn(campaign)}/{path}"
    whole = {"": drawing(), "assignments": asking()}.get(path.rpartition("/")[2], {})
    status, answer = post(campaign, f"/areas{path}", {**whole, **body})

    assert (status, set(answer["errors"])) == (422, {field})


def test_areas_are_for_those_whose_part_of_the_organisation_they_are_in(campaign: Running) -> None:
    area_id = drawn(campaign)
    near, far = (campaign.token(READ_AND_WRITE, unit) for unit in ("skane", "1281"))
    asked = (
        ("GET", f"/areas/{area_id}", None),
        ("PATCH", f"/areas/{area_id}", {}),
        ("POST", f"/areas/{area_id}/assignments", asking()),
        ("POST", f"/areas/{area_id}/release", {}),
        ("POST", f"/areas/{area_id}/rounds", {"round": 2}),
        ("POST", "/areas/hand-out", asking(unit="1280")),
        ("POST", "/areas", drawing()),
    )
    refused = {campaign.call(m, "campaign", path, body, far).status_code for m, path, body in asked}
    taken = {campaign.call(m, "campaign", path, body, near).status_code for m, path, body in asked}

    assert refused == {403}
    assert taken <= {200, 201}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[AreaRoutes]:
    """The service in this process, over a database of its own."""
    found = AreaRoutes()
    found.name = "campaign"
    found.database = made(tmp_path)
    yield found
    found.database.close()


def test_the_timer_does_all_there_is_to_do_a_few_at_a_time(
    service: AreaRoutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.campaign.service.areas.CHUNK", 2)
    at(monkeypatch, NOW)
    for column in range(5):
        assign(service.database, mapped.drawn(service.database, column), until=NOW + 3 * DAY)
    for days in (2, 2, 3, 3):
        at(monkeypatch, NOW + days * DAY)
        service.return_areas()

    told = ["area_assigned", "area_expiring", "area_released"]
    assert names_published(service.database) == [name for name in told for _ in range(5)]


def test_the_timer_outlives_a_database_that_is_away(service: AreaRoutes, tmp_path: Path) -> None:
    home = service.database
    service.database = Database(f"sqlite:///{tmp_path}/nowhere/campaign.db", "campaign")
    service.return_areas()
    service.database = home
    service.return_areas()
