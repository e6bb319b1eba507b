"""What callers are answered about who carries what, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from tests.membership import asked
from tests.membership.asked import get, post
from tests.membership.given import Row
from tests.process import Running

TOMORROW = (clock.today() + timedelta(days=1)).isoformat()
NOBODY = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"


def joined(membership: Running, **changes: Any) -> str:
    """A new member's id."""
    return str(asked.joined(membership, **changes)["id"])


def assigning(member_id: str, **changes: Any) -> Row:
    """A body to let a member carry a task."""
    body = {"member_id": member_id, "unit": "1280", "role": "mentor", "started_on": "2024-06-01"}
    return {**body, **changes}


def test_an_assignment_is_started_listed_and_ended(membership: Running) -> None:
    member = joined(membership, unit="1262")
    body = assigning(
        member,
        id=str(uuid4()),
        unit="1262",
        role="elected_post",
        title="Ordförande",
        sphere="public",
        mandate_until=TOMORROW,
    )
    first, again = (post(membership, "/assignments", body) for _ in range(2))
    other = post(membership, "/assignments", {**body, "id": str(uuid4())})
    listed = get(membership, "/assignments?unit=1262&open=true")["items"]
    mandates = get(membership, "/nominations?unit=1262")
    path = f"/assignments/{body['id']}/end"
    ended = [post(membership, path, {"ended_on": "2024-09-01"}) for _ in range(2)]
    late = post(membership, path, {"ended_on": "2024-09-02"})

    assert (first[0], again[0], other[0], late[0]) == (201, 200, 409, 409)
    assert first[1] == {**body, "area": None, "question": None, "task_id": None, "ended_on": None}
    assert listed == [first[1]]
    assert [row["id"] for row in mandates["items"]] == [body["id"]]
    assert mandates["holders"] == {"members": 1, "young": None, "union": None}
    assert [status for status, _ in ended] == [200, 200]
    assert ended[1][1] == {**first[1], "ended_on": "2024-09-01"}
    assert get(membership, "/assignments?unit=1262&open=true")["items"] == []


def test_what_a_member_carries_ends_when_they_leave_or_move(membership: Running) -> None:
    mentor, mentee = joined(membership), joined(membership)
    post(membership, "/assignments", assigning(mentor, unit="skane"))
    post(membership, "/assignments", assigning(mentor, role="activity_leader"))
    body = {"mentor_id": mentor, "mentee_id": mentee, "unit": "1280", "started_on": "2024-06-02"}
    status, mentorship = post(membership, "/mentorships", body)

    post(membership, f"/members/{mentor}/transfer", {"unit": "1281", "on": "2024-07-01"})
    moved = get(membership, f"/assignments?member_id={mentor}&open=false")["items"]
    post(membership, f"/members/{mentor}/leave", {"left_on": "2024-08-01", "reason": "unpaid"})
    gone = get(membership, f"/assignments?member_id={mentor}&open=false")["items"]
    listed = get(membership, f"/mentorships?unit=1280&member_id={mentee}")["items"]
    over = {"ended_on": "2024-08-01"}
    again = post(membership, f"/mentorships/{mentorship['id']}/end", over)

    assert status == 201
    assert {row["role"]: row["ended_on"] for row in moved} == {"activity_leader": "2024-07-01"}
    assert {row["role"]: row["ended_on"] for row in gone} == {
        "activity_leader": "2024-07-01",
        "mentor": "2024-08-01",
    }
    assert again == (200, {**mentorship, "ended_on": "2024-08-01"})
    assert listed == [again[1]]


def test_a_vacancy_is_filled(membership: Running) -> None:
    path = "/vacancies?unit=1263"
    before = get(membership, path)["items"]
    member = joined(membership, unit="1263")
    post(membership, "/assignments", assigning(member, unit="1263", role="welcome_officer"))

    roles = ["programme_officer", "union_leader", "welcome_officer"]
    assert before == [{"unit": "1263", "role": role} for role in roles]
    assert [row["role"] for row in get(membership, path)["items"]] == roles[:2]
    assert get(membership, "/welcome?unit=1263")["vacancies"] == []


def test_an_open_task_is_shown_to_whom_it_suits_until_somebody_has_it(membership: Running) -> None:
    member = joined(membership, unit="1264", interests=["kultur"], competences=["ekonomi"])
    told = {"tasks": True, "posts": True, "consent_at": "2024-06-01T10:00:00Z"}
    agreed = membership.call("PUT", "membership", f"/members/{member}/willingness", told)
    body = {"unit": "1264", "title": "Språkkafé", "interests": ["kultur"]}
    status, task = post(membership, "/tasks", body)
    shown = get(membership, "/open-tasks?unit=1264")["items"]
    found = get(membership, "/nominations?unit=1264")
    local = assigning(member, unit="1264", role="local", title="Värd", task_id=task["id"])
    taken = post(membership, "/assignments", local)

    assert (status, taken[0], agreed.json()["member_id"]) == (201, 201, member)
    assert shown == [{**task, "member_ids": [member]}]
    assert found["candidates"] == [{"competence": "ekonomi", "members": 1, "member_ids": [member]}]
    assert get(membership, "/open-tasks?unit=1264")["items"] == []


def test_a_new_member_is_on_the_welcome_list(membership: Running) -> None:
    member = joined(membership, unit="1265", joined_on=clock.today().isoformat())

    (row,) = get(membership, "/welcome?unit=1265")["items"]
    journey = get(membership, f"/members/{member}/journey")

    assert (row["member_id"], row["unit"]) == (member, "1265")
    assert (journey["joined_on"], journey["first_task_on"]) == (row["joined_on"], None)


BAD_ASSIGNMENTS: list[tuple[Row, set[str]]] = [
    ({"role": "king"}, {"role"}),
    ({"unit": "nowhere"}, {"unit"}),
    ({"unit": "1281"}, {"member_id"}),
    ({"member_id": NOBODY}, {"member_id"}),
    ({"member_id": "7"}, {"member_id"}),
    ({"started_on": TOMORROW}, {"started_on"}),
    ({"started_on": "2024-05-05"}, {"started_on"}),
    ({"role": "elected_post"}, {"title", "sphere"}),
    ({"role": "elected_post", "title": "Ledamot", "sphere": "church"}, {"sphere"}),
    ({"role": "local"}, {"title"}),
    ({"role": "local", "title": "Ring 070-123 45 67"}, {"title"}),
    ({"role": "local", "title": "asa@example.se"}, {"title"}),
    ({"area": "x" * 81}, {"area"}),
    ({"question": "mejla a@b.se"}, {"question"}),
    ({"task_id": NOBODY}, {"task_id"}),
    ({"mandate_until": "2024-01-01"}, {"mandate_until"}),
    ({"salary": 1}, {"salary"}),
]


def test_every_bad_field_of_an_assignment_is_named_and_nothing_comes_of_it(
    membership: Running,
) -> None:
    member = joined(membership)
    for changes, fields in BAD_ASSIGNMENTS:
        status, problem = post(membership, "/assignments", {**assigning(member), **changes})
        assert (changes, status) == (changes, 422)
        assert set(problem["errors"]) == fields, changes
    assert get(membership, f"/assignments?member_id={member}")["items"] == []


def test_a_bad_end_names_the_field(membership: Running) -> None:
    _, assignment = post(membership, "/assignments", assigning(joined(membership)))
    path = f"/assignments/{assignment['id']}/end"

    for body in ({}, {"ended_on": "2024-05-31"}, {"ended_on": TOMORROW}, {"ended_on": 7}):
        status, problem = post(membership, path, body)
        assert (status, set(problem["errors"])) == (422, {"ended_on"})
    assert post(membership, f"/assignments/{NOBODY}/end", {"ended_on": "2024-09-01"})[0] == 404
    assert post(membership, f"/mentorships/{NOBODY}/end", {"ended_on": "2024-09-01"})[0] == 404


def test_who_may_act_in_a_district_acts_there_alone(membership: Running) -> None:
    token = membership.token("membership:write membership:read", "skane")
    here, there = joined(membership), joined(membership, unit="0114")
    _, assignment = post(membership, "/assignments", assigning(there, unit="0114"))
    started = {"started_on": "2024-06-02", "unit": "0114"}
    pair = {"mentor_id": there, "mentee_id": joined(membership, unit="0114"), **started}
    _, mentorship = post(membership, "/mentorships", pair)
    told = {"tasks": True, "posts": True, "consent_at": "2024-06-01T10:00:00Z"}
    ending = {"ended_on": "2024-09-01"}

    def status(method: str, path: str, body: Any = None) -> int:
        return membership.call(method, "membership", path, body, token).status_code

    assert status("POST", "/assignments", assigning(here)) == 201
    assert status("POST", "/assignments", assigning(here, unit="SE")) == 403
    assert status("POST", "/assignments", assigning(there, unit="0114")) == 403
    assert status("POST", f"/assignments/{assignment['id']}/end", ending) == 403
    assert status("POST", "/mentorships", {**pair, "mentee_id": here}) == 403
    assert status("POST", f"/mentorships/{mentorship['id']}/end", ending) == 403
    assert status("POST", "/tasks", {"unit": "0114", "title": "Kör"}) == 403
    assert status("PUT", f"/members/{there}/willingness", told) == 403
    assert status("PUT", f"/members/{here}/willingness", told) == 200
    assert status("GET", f"/members/{there}/journey") == 403
    for path in ("assignments", "mentorships", "vacancies", "open-tasks", "nominations", "welcome"):
        assert status("GET", f"/{path}") == 403
        assert status("GET", f"/{path}?unit=1280") == 200


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("POST", "/assignments", "membership:read"),
        ("POST", f"/assignments/{NOBODY}/end", "membership:read"),
        ("GET", "/assignments", "membership:write"),
        ("GET", "/vacancies", "membership:write"),
        ("POST", "/mentorships", "membership:read"),
        ("GET", "/mentorships", "membership:write"),
        ("POST", f"/mentorships/{NOBODY}/end", "membership:read"),
        ("POST", "/tasks", "membership:read"),
        ("GET", "/open-tasks", "membership:write"),
        ("PUT", f"/members/{NOBODY}/willingness", "membership:read"),
        ("GET", "/nominations", "membership:write"),
        ("GET", f"/members/{NOBODY}/journey", "membership:write"),
        ("GET", "/welcome", "membership:write"),
    ],
)
def test_every_route_needs_its_scope(
    membership: Running, method: str, path: str, scopes: str
) -> None:
    without = membership.http.request(method, membership.url("membership") + path, timeout=10)
    lacking = membership.call(method, "membership", path, {}, membership.token(scopes))

    assert (without.status_code, lacking.status_code) == (401, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/assignments?role=king",
        "/assignments?open=maybe",
        "/assignments?member_id=7",
        "/mentorships?open=yes",
        "/vacancies?role=mentor",
        "/vacancies?cursor=x",
        "/open-tasks?limit=501",
        "/nominations?months=-1",
        "/welcome?unit=nowhere",
        "/welcome?cursor=WyJ4Il0",
    ],
)
def test_a_bad_query_is_refused(membership: Running, path: str) -> None:
    assert membership.call("GET", "membership", path).status_code == 422
