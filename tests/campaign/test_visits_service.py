"""What phones are answered about doors, over HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra import clock
from tests import process
from tests.campaign.doorsteps import START, area, assign, made
from tests.process import Running

NOBODY = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"
AT = "2026-03-02T17:00:00+01:00"
ON = "2026-03-02"
TOMORROW = (clock.today() + timedelta(days=1)).isoformat()
NUMBERS = {"no_answer": 2, "declined": 1, "return_later": 0, "conversation": 3}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def areas() -> dict[str, str]:
    """The ids of areas by what they are for."""
    return {}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory, areas: dict[str, str]) -> Iterator[Running]:
    """The service alone, with areas that were assigned in the past."""
    home = tmp_path_factory.mktemp("campaign")
    database = made(home)
    with database.writing() as session:
        kinds = {"visits": "visits", "tally": "tally", "batch": "visits", "bad": "visits"}
        for name, mode in kinds.items():
            found = area(session, 10)
            areas[name] = str(found)
            assign(session, found, mode=mode)
        north = area(session, 10, unit="0180")
        assign(session, north)
        areas["north"] = str(north)
    database.close()
    running = process.start(["campaign"], home)
    yield running
    running.close()


def call(
    campaign: Running, method: str, path: str, body: Any = None, unit: str = "SE", scopes: str = ""
) -> tuple[int, Row]:
    """The status and the answer."""
    token = campaign.token(scopes or "campaign:read campaign:write", unit)
    response = campaign.call(method, "campaign", path, body, token)
    return response.status_code, response.json()


def visit(area_id: str, /, **changes: Any) -> Row:
    """A good body."""
    body = {"area_id": area_id, "household": "hus 3 lgh 1201", "visited_at": AT}
    return {"id": str(uuid4()), **body, "outcome": "return_later", **changes}


def test_doors_are_listed_shown_visited_and_counted(
    campaign: Running, areas: dict[str, str]
) -> None:
    path = f"/areas/{areas['visits']}"
    listing = {"references": ["hus 3 lgh 1201", "hus 3 lgh 1202"]}
    listed = [call(campaign, "POST", f"{path}/households", listing) for _ in range(2)]
    body = visit(areas["visits"])
    first, again = (call(campaign, "POST", "/visits", body) for _ in range(2))
    other = call(campaign, "POST", "/visits", {**body, "outcome": "declined"})
    at = "2026-03-02T18:00:00Z"
    more = visit(areas["visits"], household="hus 9", outcome="conversation", visited_at=at)
    status, spoken = call(campaign, "POST", "/visits", more)
    twice = call(campaign, "POST", "/visits", {**more, "id": str(uuid4())})
    _, doors = call(campaign, "GET", f"{path}/next?limit=2")
    _, progress = call(campaign, "GET", f"{path}/progress")
    _, read = call(campaign, "GET", path)
    _, heard = call(campaign, "GET", "/conversations?unit=1280")

    answer = {"area_id": areas["visits"], "listed": 2, "households": 10}
    assert listed == [(200, answer)] * 2
    assert (first[0], again[0], other[0], status) == (201, 200, 409, 201)
    assert UUID(first[1]["assignment_id"])
    assert again[1] == first[1]
    assert first[1] == {
        **body,
        "visited_at": first[1]["visited_at"],
        "assignment_id": spoken["assignment_id"],
        "round": 1,
    }
    assert datetime.fromisoformat(first[1]["visited_at"]) == START
    assert (twice[0], set(twice[1]["errors"])) == (409, {"household"})
    assert (doors["area_id"], doors["round"]) == (areas["visits"], 1)
    shown = [(door["household"], door["round"], door["outcome"]) for door in doors["doors"]]
    assert shown == [("hus 3 lgh 1202", 0, None), ("hus 3 lgh 1201", 1, "return_later")]
    counts = {"round": 1, "doors": 2, "reached": 2, "conversations": 1, "share": 0.2}
    assert progress == {
        "area_id": areas["visits"],
        "unit": "1280",
        "households": 10,
        "round": 1,
        "rounds": [counts],
    }
    assert (read["rounds"], read["round"], read["assignment"]) == ([counts], 1, None)
    reports = [(item["arena"], item["held_on"], item["count"]) for item in heard["items"]]
    assert reports == [("door", ON, 1)]


def test_a_batch_answers_each_visit(campaign: Running, areas: dict[str, str]) -> None:
    good = [visit(areas["batch"], household=f"hus {number}") for number in range(2)]
    north = visit(areas["north"])
    late = visit(areas["batch"], visited_at="2026-03-09T12:00:00Z")
    again = {**good[0], "id": str(uuid4())}
    body = {"items": [good[0], late, good[0], again, north, {"outcome": 7}, good[1]]}

    status, answer = call(campaign, "POST", "/visits/batch", body, unit="1280")

    results = answer["results"]
    assert (status, answer["created"], answer["exists"], answer["rejected"]) == (200, 2, 1, 4)
    assert [set(each.get("errors", {})) for each in results] == [
        set(),
        {"visited_at"},
        set(),
        {"household"},
        {"unit"},
        {"area_id", "household", "visited_at", "outcome"},
        set(),
    ]
    assert [results[index]["id"] for index in (0, 2, 6)] == [
        good[0]["id"],
        good[0]["id"],
        good[1]["id"],
    ]


def test_a_tally_is_counted_once_and_has_its_unit_told(
    campaign: Running, areas: dict[str, str]
) -> None:
    path = f"/areas/{areas['tally']}/tallies"
    body = {"id": str(uuid4()), "on": ON, **NUMBERS}

    first, again = (call(campaign, "POST", path, body) for _ in range(2))
    other = call(campaign, "POST", path, {**body, "declined": 2})
    status, sums = call(campaign, "GET", "/areas/progress?unit=1280", unit="1280")

    assert (first[0], again[0], other[0], status) == (201, 200, 409, 200)
    known = {"area_id": areas["tally"], "round": 1}
    assert first[1] == {**body, **known, "assignment_id": again[1]["assignment_id"]}
    assert again[1] == first[1]
    assert (sums["unit"], sums["areas"], sums["households"]) == ("1280", 4, 40)


BAD_VISITS: list[tuple[Row, set[str]]] = [
    ({"area_id": NOBODY}, {"area_id"}),
    ({"area_id": "7"}, {"area_id"}),
    ({"assignment_id": NOBODY}, {"assignment_id"}),
    ({"household": ""}, {"household"}),
    ({"household": "x" * 65}, {"household"}),
    ({"household": "070-174 06 05"}, {"household"}),
    ({"household": "anna@exempel.se"}, {"household"}),
    ({"household": "19900101-0017"}, {"household"}),
    ({"household": 7}, {"household"}),
    ({"household": "hus\u0000"}, {"household"}),
    ({"visited_at": "2026-03-02T15:59:59Z"}, {"visited_at"}),
    ({"visited_at": "2026-03-03T16:00:00Z"}, {"visited_at"}),
    ({"visited_at": "2026-03-02"}, {"visited_at"}),
    ({"visited_at": f"{TOMORROW}T23:30:00Z"}, {"visited_at"}),
    ({"visited_at": "2014-12-31T22:59:59Z"}, {"visited_at"}),
    ({"visited_at": "0001-01-01T00:00:00+14:00"}, {"visited_at"}),
    ({"visited_at": "9999-12-31T23:59:59-14:00"}, {"visited_at"}),
    ({"outcome": "moved"}, {"outcome"}),
    ({"outcome": None}, {"outcome"}),
    ({"count": 2}, {"count"}),
]
BAD_TALLIES: list[tuple[Row, set[str]]] = [
    ({"on": "2026-03-05"}, {"on"}),
    ({"on": TOMORROW}, {"on"}),
    ({"on": "2014-12-31"}, {"on"}),
    ({"no_answer": -1}, {"no_answer"}),
    ({"declined": 11}, {"declined"}),
    ({"return_later": 1.5}, {"return_later"}),
    ({"conversation": 10**30}, {"conversation"}),
    ({"conversation": None}, {"conversation"}),
    ({"assignment_id": NOBODY}, {"assignment_id"}),
]


def test_every_bad_field_is_named_and_nothing_comes_of_it(
    campaign: Running, areas: dict[str, str]
) -> None:
    bad = f"/areas/{areas['bad']}"
    for changes, fields in BAD_VISITS:
        status, problem = call(campaign, "POST", "/visits", visit(areas["bad"], **changes))
        assert (changes, status, set(problem["errors"])) == (changes, 422, fields)
    for changes, fields in BAD_TALLIES:
        body = {"on": ON, **NUMBERS, **changes}
        status, problem = call(campaign, "POST", f"/areas/{areas['tally']}/tallies", body)
        assert (changes, status, set(problem["errors"])) == (changes, 422, fields)
    status, problem = call(campaign, "POST", f"{bad}/tallies", {"on": ON, **NUMBERS})
    assert (status, set(problem["errors"])) == (422, {"on"})
    too_many = [f"hus {number}" for number in range(1001)]
    for references in ([], too_many, too_many[:11], "hus", [7], ["ring 070-174 06 05"], [""]):
        status, problem = call(campaign, "POST", f"{bad}/households", {"references": references})
        assert status == 422
        assert {name.split(".")[0] for name in problem["errors"]} == {"references"}
    for limit in ("0", "501", "x"):
        status, problem = call(campaign, "GET", f"{bad}/next?limit={limit}")
        assert (status, set(problem["errors"])) == (422, {"limit"})
    assert call(campaign, "GET", f"{bad}/next")[1]["doors"] == []
    assert call(campaign, "GET", f"{bad}/progress")[1]["rounds"] == []


ROUTES = [
    ("POST", "/areas/{}/households", {"references": ["a"]}),
    ("GET", "/areas/{}/next", None),
    ("GET", "/areas/{}/progress", None),
    ("POST", "/areas/{}/tallies", {"on": ON, **NUMBERS}),
]


def test_an_area_that_is_none_is_not_found_and_one_elsewhere_is_out_of_reach(
    campaign: Running, areas: dict[str, str]
) -> None:
    for method, path, body in ROUTES:
        assert call(campaign, method, path.format(NOBODY), body)[0] == 404
        assert call(campaign, method, path.format(areas["north"]), body, unit="skane")[0] == 403
    assert call(campaign, "POST", "/visits", visit(areas["north"]), unit="skane")[0] == 403
    assert call(campaign, "GET", "/areas/progress", unit="skane")[0] == 403
    assert call(campaign, "GET", "/areas/progress?unit=nowhere")[0] == 422


def test_every_route_needs_its_scope(campaign: Running, areas: dict[str, str]) -> None:
    written = [("POST", "/visits", visit(areas["bad"])), ("POST", "/visits/batch", {"items": []})]
    for method, path, body in [*ROUTES, *written, ("GET", "/areas/progress", None)]:
        other = "campaign:read" if method == "POST" else "campaign:write"
        assert call(campaign, method, path.format(areas["bad"]), body, scopes=other)[0] == 403
