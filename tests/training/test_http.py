"""Training as its callers reach it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from infra import clock
from tests import process
from tests.process import Running, eventually
from tests.training.facts import EDUCATION, INTRODUCTION, deliver, joined, left, made

TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)
JOINED = TODAY - timedelta(days=10)
LONG_AGO = TODAY - timedelta(days=400)

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def members() -> dict[str, UUID]:
    """Who is known."""
    names = ("anna", "bertil", "cecilia", "david", "elsa", "gone", "north", "late", "ingrid")
    return {name: uuid4() for name in names}


@pytest.fixture(scope="module")
def training(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, UUID]
) -> Iterator[Running]:
    """The service alone, with what it has heard before."""
    home = tmp_path_factory.mktemp("training")
    database = made(home)
    with database.writing() as session:
        at_home = [joined(JOINED, members[name]) for name in ("anna", "bertil", "cecilia")]
        in_1281 = [joined(JOINED, members[name], unit="1281") for name in ("david", "elsa")]
        deliver(session, at_home + in_1281)
        deliver(session, [joined(JOINED, members["gone"]), left(TODAY, members["gone"])])
        deliver(session, [joined(JOINED, members["north"], unit="0180")])
        deliver(session, [joined(JOINED, members["ingrid"], unit="skane")])
        deliver(session, [joined(LONG_AGO, members["late"], unit="0180")])
    database.close()
    running = process.start(["training"], home)
    yield running
    running.close()


@pytest.fixture
def call(training: Running) -> Any:
    """One request, answered with its status and JSON."""

    def send(
        method: str, path: str, body: Any = None, unit: str = "SE", scopes: str | None = None
    ) -> tuple[int, Answer]:
        token = training.token(scopes or "training:read training:write", unit)
        answer = training.call(method, "training", path, body, token)
        return answer.status_code, answer.json()

    return send


def test_an_offer_is_created_then_exists_and_another_under_its_id_is_refused(
    call: Any, members: dict[str, UUID]
) -> None:
    offer = {
        "id": str(uuid4()),
        "member_id": str(members["anna"]),
        "kind": INTRODUCTION,
        "offered_on": str(TODAY),
        "via": "telefon",
    }
    status, answer = call("POST", "/offers", offer)
    assert status == 201
    assert {name: answer[name] for name in offer} == offer
    assert call("POST", "/offers", offer) == (200, answer)
    assert call("POST", "/offers", {**offer, "via": None})[0] == 409


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"offered_on": str(TOMORROW)}, 422, "offered_on"),
        ({"offered_on": str(JOINED - timedelta(days=1))}, 422, "offered_on"),
        ({"offered_on": "2027-02-30"}, 422, "offered_on"),
        ({"offered_on": 20260101}, 422, "offered_on"),
        ({"kind": "leader_education"}, 422, "kind"),
        ({"kind": "yoga"}, 422, "kind"),
        ({"kind": None}, 422, "kind"),
        ({"member_id": str(uuid4())}, 422, "member_id"),
        ({"member_id": "bertil"}, 422, "member_id"),
        ({"via": "x" * 65}, 422, "via"),
        ({"via": "a\x00b"}, 422, "via"),
        ({"via": ["phone"]}, 422, "via"),
        ({"name": "Bertil"}, 422, "name"),
    ],
)
def test_a_bad_offer_is_refused_by_field(
    call: Any, members: dict[str, UUID], change: Answer, status: int, field: str
) -> None:
    offer = {
        "member_id": str(members["bertil"]),
        "kind": INTRODUCTION,
        "offered_on": str(TODAY),
    }
    found, answer = call("POST", "/offers", {**offer, **change})
    assert (found, list(answer["errors"])) == (status, [field])


def test_who_has_left_is_offered_nothing(call: Any, members: dict[str, UUID]) -> None:
    offer = {"member_id": str(members["gone"]), "kind": EDUCATION, "offered_on": str(TODAY)}
    assert call("POST", "/offers", offer)[0] == 409


def test_a_caller_of_another_district_offers_and_sees_nothing(
    call: Any, members: dict[str, UUID]
) -> None:
    offer = {"member_id": str(members["bertil"]), "kind": EDUCATION, "offered_on": str(TODAY)}
    away = {"unit": "stockholms-lan"}
    assert call("POST", "/offers", offer, **away)[0] == 403
    to_unit = {"unit": "skane", "kind": EDUCATION, "offered_on": str(TODAY)}
    assert call("POST", "/offers/unit", to_unit, **away)[0] == 403
    assert call("GET", "/obligations?unit=1280", **away)[0] == 403
    assert call("GET", "/obligations/summary?unit=SE", **away)[0] == 403
    status, answer = call("POST", "/offers/batch", {"items": [offer]}, **away)
    assert (status, answer["rejected"]) == (200, 1)
    assert list(answer["results"][0]["errors"]) == ["unit"]


def test_writing_needs_the_scope(call: Any, members: dict[str, UUID]) -> None:
    offer = {"member_id": str(members["bertil"]), "kind": EDUCATION, "offered_on": str(TODAY)}
    assert call("POST", "/offers", offer, scopes="training:read")[0] == 403
    assert call("GET", "/obligations", scopes="training:write")[0] == 403


def test_every_item_of_a_batch_is_answered(call: Any, members: dict[str, UUID]) -> None:
    good = {"member_id": str(members["cecilia"]), "kind": EDUCATION, "offered_on": str(TODAY)}
    key = str(uuid4())
    items = [None, {**good, "kind": "yoga"}, {**good, "id": key}, {**good, "id": key}]
    status, answer = call("POST", "/offers/batch", {"items": items})
    assert status == 200
    statuses = [result["status"] for result in answer["results"]]
    assert statuses == ["rejected", "rejected", "created", "exists"]
    assert (answer["created"], answer["exists"], answer["rejected"]) == (1, 1, 2)


def test_a_batch_of_1001_is_refused(call: Any) -> None:
    assert call("POST", "/offers/batch", {"items": [{}] * 1001})[0] == 422


def test_an_offer_to_a_unit_says_how_many_it_reached(call: Any) -> None:
    offer = {"unit": "1281", "kind": EDUCATION, "offered_on": str(TODAY), "via": "möte"}
    assert call("POST", "/offers/unit", offer) == (200, {"offered": 2})
    assert call("POST", "/offers/unit", offer) == (200, {"offered": 0})
    assert call("POST", "/offers/unit", {**offer, "unit": "9999"})[0] == 422


def test_what_fell_due_while_the_service_was_down_is_overdue_soon_after_its_start(
    call: Any, members: dict[str, UUID]
) -> None:
    def overdue() -> list[str]:
        _, answer = call("GET", "/obligations?unit=0180&status=overdue")
        return [item["kind"] for item in answer["items"]]

    found = eventually(overdue, "the run marks what is overdue")
    assert found == [INTRODUCTION, EDUCATION]


def test_an_obligation_has_the_fields_of_its_event_with_id_and_status(
    call: Any, members: dict[str, UUID]
) -> None:
    _, answer = call("GET", "/obligations?unit=0180&status=open&limit=1")
    (item,) = answer["items"]
    assert answer["next"] is not None
    assert item["id"] == item.pop("obligation_id")
    assert set(item) == {
        "id",
        "member_id",
        "unit",
        "kind",
        "opened_on",
        "due_on",
        "offered_on",
        "on_time",
        "status",
        "version",
    }
    assert (item["member_id"], item["unit"]) == (str(members["north"]), "0180")
    assert (item["kind"], item["opened_on"]) == (INTRODUCTION, str(JOINED))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=late", "status"),
        ("kind=yoga", "kind"),
        ("limit=501", "limit"),
        ("cursor=nonsense", "cursor"),
        ("unit=", "unit"),
        ("member=1", "member"),
        ("unit=SE&unit=skane", "unit"),
    ],
)
def test_a_bad_query_is_refused_by_field(call: Any, query: str, field: str) -> None:
    status, answer = call("GET", f"/obligations?{query}")
    assert (status, list(answer["errors"])) == (422, [field])


def test_the_summary_adds_up(call: Any) -> None:
    status, answer = call("GET", "/obligations/summary?unit=skane", unit="skane")
    assert status == 200
    assert answer["unit"] == "skane"
    assert answer["cancelled"] == 2
    counted = sum(answer[name] for name in ("open", "overdue", "met", "met_late"))
    assert counted == 12


def test_a_course_is_held_and_completed(call: Any, members: dict[str, UUID]) -> None:
    course = {"id": str(uuid4()), "kind": INTRODUCTION, "title": "Välkommen"}
    status, made_course = call("POST", "/courses", course)
    assert (status, made_course["unit"]) == (201, "SE")
    assert call("POST", "/courses", course)[0] == 200
    held = {
        "id": str(uuid4()),
        "course_id": course["id"],
        "unit": "1280",
        "starts_on": str(TODAY),
        "mode": "remote",
    }
    assert call("POST", "/sessions", held, unit="1281")[0] == 403
    assert call("POST", "/sessions", held, unit="1280")[0] == 201
    assert call("POST", "/sessions", {**held, "mode": "hybrid"})[0] == 409
    path = f"/sessions/{held['id']}/enrolments"
    assert call("POST", path, {"member_ids": [str(members["cecilia"])]})[0] == 200
    path = f"/sessions/{held['id']}/completions"
    done = {"member_id": str(members["cecilia"]), "completed_on": str(TODAY)}
    assert call("POST", path, done, unit="1281")[0] == 403
    status, completion = call("POST", path, done)
    assert status == 201
    assert completion["course_id"] == course["id"]
    assert call("POST", path, done) == (200, completion)
    assert call("POST", path, {**done, "completed_on": str(TOMORROW)})[0] == 422
    _, met = call("GET", f"/obligations?unit=1280&kind={INTRODUCTION}&status=met")
    assert str(members["cecilia"]) in [item["member_id"] for item in met["items"]]


def test_there_is_no_completion_in_a_session_that_is_not_there(
    call: Any, members: dict[str, UUID]
) -> None:
    done = {"member_id": str(members["anna"]), "completed_on": str(TODAY)}
    assert call("POST", f"/sessions/{uuid4()}/completions", done)[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/courses", {"kind": "yoga", "title": "Yoga"}, "kind"),
        ("/courses", {"kind": "academy", "title": ""}, "title"),
        ("/courses", {"kind": "academy", "title": "x" * 201}, "title"),
        ("/courses", {"kind": "academy", "title": "Akademi", "unit": "9999"}, "unit"),
        ("/courses", {"kind": "academy"}, "title"),
    ],
)
def test_a_bad_course_is_refused_by_field(call: Any, path: str, body: Answer, field: str) -> None:
    status, answer = call("POST", path, body)
    assert (status, list(answer["errors"])) == (422, [field])


def test_the_routes_are_documented(training: Running) -> None:
    document = requests.get(training.url("training") + "/openapi.json", timeout=10).json()
    assert {"/offers", "/offers/unit", "/obligations/summary"} <= set(document["paths"])


def test_a_withdrawn_offer_makes_what_it_met_owed_again(
    call: Any, members: dict[str, UUID]
) -> None:
    offer = {
        "id": str(uuid4()),
        "member_id": str(members["ingrid"]),
        "kind": EDUCATION,
        "offered_on": str(TODAY),
    }
    assert call("POST", "/offers", offer)[0] == 201
    path = f"/offers/{offer['id']}/withdraw"
    status, answer = call("POST", path, {})
    assert (status, answer["id"]) == (200, offer["id"])
    assert answer["withdrawn_at"]
    assert call("POST", path, {}) == (200, answer)
    assert call("POST", path, {"why": "x"})[0] == 422
    assert call("POST", path, {}, unit="0180")[0] == 403
    assert call("POST", f"/offers/{uuid4()}/withdraw", {})[0] == 404
    owed = call("GET", f"/obligations?unit=skane&kind={EDUCATION}&status=open")[1]["items"]
    assert offer["member_id"] in {each["member_id"] for each in owed}


def test_the_parts_of_the_party_are_summed_up(call: Any) -> None:
    status, answer = call("GET", "/obligations/summaries?unit=SE")
    assert status == 200
    assert [part["unit"] for part in answer["items"]] == ["skane", "ssu", "stockholms-lan"]
    assert call("GET", "/obligations/summaries?unit=SE", unit="skane")[0] == 403
    assert call("GET", "/obligations/summaries?unit=9999")[0] == 422


def test_introductions_are_opened_on_request_in_ones_own_part_alone(call: Any) -> None:
    asked = {"unit": "0180", "kind": INTRODUCTION, "joined_before": str(LONG_AGO)}
    assert call("POST", "/obligations/open", asked) == (200, {"opened": 0})
    assert call("POST", "/obligations/open", asked, unit="skane")[0] == 403
    assert call("POST", "/obligations/open", {**asked, "kind": EDUCATION})[0] == 422
    assert call("POST", "/obligations/open", {**asked, "joined_before": "i fjol"})[0] == 422
