"""The board as its readers ask for it, and the targets that they set."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import System


def one(system: System, key: str, unit: str, year: int) -> dict[str, Any]:
    found: dict[str, Any] = system.call(
        "GET", "metrics", f"/goals/{key}?unit={unit}&year={year}"
    ).json()
    return found


def test_a_conversation_is_on_the_board_at_all_four_levels(system: System) -> None:
    association = {"code": "2480-teg", "name": "Teg", "kind": "association", "parent": "2480"}
    assert system.call("POST", "membership", "/units", association).status_code in (200, 201)
    system.settle()
    district = system.call("GET", "membership", "/units/2480").json()["parent"]
    units = ("2480-teg", "2480", district, "SE")
    before = {unit: one(system, "conversations", unit, 2019)["value"] for unit in units}
    for arena, count in (("door", 5), ("phone", 3), ("online", 2)):
        report = {
            "id": str(uuid4()),
            "unit": "2480-teg",
            "arena": arena,
            "held_on": "2019-04-01",
            "count": count,
        }
        answer = system.call("POST", "campaign", "/conversations", report)
        assert answer.status_code == 201, answer.text
    system.settle()
    for unit in units:
        found = one(system, "conversations", unit, 2019)
        assert found["value"] == before[unit] + 10
        assert found["unit"] == unit
    split = one(system, "conversations", "2480-teg", 2019)["split"]
    assert split == {"door": 5, "phone": 3, "online": 2, "in_person": 5} or before["2480-teg"]


def test_a_voided_report_is_taken_back_in_the_year_in_which_it_was_held(system: System) -> None:
    before = one(system, "conversations", "0180", 2017)["value"]
    report = {"id": str(uuid4()), "unit": "0180", "arena": "door", "held_on": "2017-05-01"}
    system.call("POST", "campaign", "/conversations", {**report, "count": 9})
    path = f"/conversations/{report['id']}/void"
    for _ in range(2):
        answer = system.call("POST", "campaign", path, {"reason": "mistake"})
        assert answer.status_code == 200
    assert system.call("POST", "campaign", path, {"reason": "duplicate"}).status_code == 409
    system.settle()
    assert one(system, "conversations", "0180", 2017)["value"] == before


def test_joins_leaves_and_transfers_move_the_members_of_their_units(system: System) -> None:
    units = ("1480", "1481")
    system.settle()
    before = [one(system, "members_total", unit, 2026)["value"] for unit in units]
    left_before = one(system, "members_left", "1481", 2026)["value"]
    ids = [str(uuid4()) for _ in range(3)]
    for member in ids:
        body = {"id": member, "unit": "1480", "joined_on": "2026-02-03", "source": "union"}
        answer = system.call("POST", "membership", "/members", {**body, "name": "Ali Öz"})
        assert answer.status_code == 201, answer.text
    for member in ids[:2]:
        body = {"unit": "1481", "on": "2026-03-03"}
        assert system.call("POST", "membership", f"/members/{member}/transfer", body).ok
    body = {"left_on": "2026-04-04", "reason": "own_request"}
    assert system.call("POST", "membership", f"/members/{ids[0]}/leave", body).ok
    system.settle()
    after = [one(system, "members_total", unit, 2026)["value"] for unit in units]
    assert after == [before[0] + 1, before[1] + 1]
    assert one(system, "members_left", "1481", 2026)["value"] == left_before + 1


def test_an_offer_in_time_shows_in_the_share_of_its_due_year(system: System) -> None:
    unit = "2584"
    member = str(uuid4())
    body = {"id": member, "unit": unit, "joined_on": "2021-08-31", "source": "digital"}
    assert system.call("POST", "membership", "/members", {**body, "name": "Bo"}).status_code == 201
    system.settle()
    offer = {"member_id": member, "kind": "member_education", "offered_on": "2022-02-28"}
    answer = system.call("POST", "training", "/offers", offer)
    assert answer.status_code == 201, answer.text
    system.settle()
    assert one(system, "member_education_offered", unit, 2022)["value"] == 1.0
    assert one(system, "digital_introduction_offered", unit, 2021)["value"] == 0.0


def test_a_breakdown_lists_the_next_level_and_what_is_in_none_of_it(system: System) -> None:
    report = {"id": str(uuid4()), "unit": "SE", "arena": "online", "held_on": "2016-01-01"}
    system.call("POST", "campaign", "/conversations", {**report, "count": 4})
    system.settle()
    path = "/goals/conversations/breakdown?unit=SE&year=2016"
    found = system.call("GET", "metrics", path).json()
    assert len(found["children"]) == 26
    total = one(system, "conversations", "SE", 2016)["value"]
    assert sum(c["value"] for c in found["children"]) + found["remainder"]["value"] == total
    assert found["remainder"]["value"] >= 4
    assert {"unit", "name", "value", "target", "local_target", "status"} == set(
        found["children"][0]
    )


def test_a_target_can_be_set_and_a_local_one_beside_it(system: System) -> None:
    path = "/targets/conversations/2029/1280"
    for body in ({"target": 120}, {"target": 150, "local": True}):
        answer = system.call("PUT", "metrics", path, body)
        assert answer.status_code == 200, answer.text
    found = one(system, "conversations", "1280", 2029)
    assert (found["target"], found["local_target"]) == (120, 150)
    listed = system.call("GET", "metrics", "/targets?unit=1280&year=2029").json()["items"]
    (item,) = [item for item in listed if item["key"] == "conversations"]
    assert (item["target"], item["local_target"]) == (120, 150)


def test_a_baseline_makes_the_ceiling_a_target(system: System) -> None:
    assert one(system, "members_left", "0114", 2024)["status"] == "no_baseline"
    body = {"value": 50, "source": "the branch's own count", "unit": "0114"}
    assert system.call("PUT", "metrics", "/baselines/members_left", body).status_code == 200
    found = one(system, "members_left", "0114", 2024)
    assert (found["baseline"], found["target"], found["status"]) == (50, 40, "met")


def test_the_programmes_own_numbers_stand_for_the_party(system: System) -> None:
    targets = {
        goal["key"]: (goal["target"], goal["baseline"])
        for goal in system.call("GET", "metrics", "/goals?year=2027").json()["goals"]
        # The target of these is what was held the year before, and what all units undertake.
        if goal["key"] not in ("local_activities", "commitments_fulfilled")
    }
    assert targets == {
        "members_recruited": (10_000, 9_237),
        "members_total": (100_000, 95_000),
        "members_left": (None, None),
        "conversations": (200_000, None),
        "member_education_offered": (1, None),
        "digital_introduction_offered": (1, None),
        "leader_education_offered": (1, None),
        "welcome_officers": (316, None),
        "programme_officers": (290, None),
        "union_leaders": (290, None),
        "conference_attendance": (316, None),
    }
    assert one(system, "conversations", "SE", 2026)["status"] == "no_target"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/targets/conversations/2027/SE", {"target": -1}, "target"),
        ("/targets/members_recruited/2027/SE", {"target": 1.5}, "target"),
        ("/targets/conversations/2027/SE", {"target": 10**30}, "target"),
        ("/targets/member_education_offered/2027/SE", {"target": 1.1}, "target"),
        ("/targets/conversations/2027/SE", {"target": True}, "target"),
        ("/targets/conversations/1899/SE", {"target": 1}, "year"),
        ("/targets/conversations/3000/SE", {"target": 1}, "year"),
        ("/baselines/members_left", {"value": 1}, "source"),
        ("/baselines/members_left", {"value": "many", "source": "x"}, "value"),
    ],
)
def test_a_target_or_baseline_that_cannot_be_is_refused_by_its_field(
    system: System, path: str, body: dict[str, Any], field: str
) -> None:
    answer = system.call("PUT", "metrics", path, body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_unknown_units_goals_and_years_are_refused(system: System) -> None:
    for path in ("/goals/nothing", "/goals/nothing/breakdown"):
        assert system.call("GET", "metrics", path).status_code == 404
    for field, query in (("year", "1899"), ("year", "3000"), ("unit", "a%20b"), ("unit", "no")):
        answer = system.call("GET", "metrics", f"/goals?{field}={query}")
        assert answer.status_code == 422
        assert field in answer.json()["errors"]
    answer = system.call("PUT", "metrics", "/targets/conversations/2027/nowhere", {"target": 1})
    assert answer.status_code == 422
    assert "unit" in answer.json()["errors"]


def test_goals_may_be_read_from_any_unit_but_targets_set_only_below_ones_own(
    system: System,
) -> None:
    token = system.token("metrics:read metrics:targets", "0114")
    assert system.call("GET", "metrics", "/goals?unit=1280", token=token).status_code == 200
    path = "/targets/conversations/2027/1280"
    assert system.call("PUT", "metrics", path, {"target": 5}, token).status_code == 403
    path = "/targets/conversations/2027/0114"
    assert system.call("PUT", "metrics", path, {"target": 5}, token).status_code == 200
