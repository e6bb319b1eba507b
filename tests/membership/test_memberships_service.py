"""What callers are answered over HTTP about the vocabulary, and about memberships that go on."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra import clock
from tests.membership.asked import get, head, joined, post
from tests.membership.given import Row
from tests.process import Running, eventually

TODAY = clock.today()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
NOBODY = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"
BACK = {"unit": "1280", "joined_on": "2025-02-03", "source": "recruiter"}
UNION = {"organisation": "Kommunal", "official": True, "consent_at": "2024-06-01T12:00:00Z"}


def patch(
    membership: Running,
    member: Row,
    body: Any,
    purpose: str | None = "nytt nummer",
    scopes: str = "membership:write membership:personal",
    unit: str = "SE",
) -> requests.Response:
    """Correct what a member has told."""
    headers = {"Authorization": f"Bearer {membership.token(scopes, unit)}"}
    if purpose is not None:
        headers["X-Purpose"] = purpose
    url = f"{membership.url('membership')}/members/{member['id']}"
    return membership.http.patch(url, json=body, headers=headers, timeout=30)


def gone(membership: Running, **changes: Any) -> Row:
    """One who has left."""
    member = joined(membership, **changes)
    leaving = {"left_on": "2024-09-01", "reason": "exclusion"}
    status, left = post(membership, f"/members/{member['id']}/leave", leaving)
    assert status == 200
    return left


def published(membership: Running, member: Row, after: int) -> list[Row]:
    """What the events after a position say of a member."""
    items = get(membership, f"/events?after={after}&limit=5000")["items"]
    return [item["data"] for item in items if item["data"].get("member_id") == member["id"]]


def test_a_word_that_the_party_adds_may_be_used_at_once(membership: Running) -> None:
    word = {"kind": "interest", "word": f"ord {uuid4().hex}", "label": "Ett ord"}
    joining = {"unit": "1280", "joined_on": "2024-05-06", "source": "digital", "name": "Åsa"}
    joining["interests"] = [word["word"]]  # type: ignore[assignment]

    refused = post(membership, "/members", joining)
    first, again = (post(membership, "/vocabulary", word) for _ in range(2))
    other = post(membership, "/vocabulary", {**word, "label": "Ett annat"})

    assert (refused[0], set(refused[1]["errors"])) == (422, {"interests"})
    assert (first, again) == ((201, word), (200, word))
    assert other[0] == 409
    assert post(membership, "/members", joining)[0] == 201


def test_the_vocabulary_is_read_by_kind_from_any_unit(membership: Running) -> None:
    token = membership.token("membership:read", "1280")

    found = get(membership, "/vocabulary?kind=competence&limit=500", token=token)
    page = get(membership, "/vocabulary?limit=3")
    rest = get(membership, f"/vocabulary?limit=500&cursor={page['next']}")
    whole = get(membership, "/vocabulary?limit=500")

    assert {"kind": "competence", "word": "ekonomi", "label": "Ekonomi"} in found["items"]
    assert {word["kind"] for word in found["items"]} == {"competence"}
    assert page["items"] + rest["items"] == whole["items"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"kind": "hobby"}, {"kind"}),
        ({"word": "Skola"}, {"word"}),
        ({"word": "asa@example.se"}, {"word"}),
        ({"word": "x" * 51}, {"word"}),
        ({"word": None}, {"word"}),
        ({"label": ""}, {"label"}),
        ({"label": "x" * 101}, {"label"}),
        ({"more": 1}, {"more"}),
    ],
)
def test_a_bad_word_names_the_field(membership: Running, changes: Row, fields: set[str]) -> None:
    body = {"kind": "interest", "word": "cykling", "label": None, **changes}

    status, problem = post(membership, "/vocabulary", body)

    assert (status, set(problem["errors"])) == (422, fields)


def test_only_the_party_adds_words(membership: Running) -> None:
    body = {"kind": "interest", "word": "cykling"}

    assert post(membership, "/vocabulary", body, token=membership.token(unit="skane"))[0] == 403


def test_who_has_left_is_a_member_again(membership: Running) -> None:
    before = head(membership)
    member = gone(membership, unit="0114", recruited_by="m-7", interests=["skola"])
    path = f"/members/{member['id']}/rejoin"

    first, again = (post(membership, path, BACK) for _ in range(2))
    other = post(membership, path, {**BACK, "source": "union"})

    assert first == again == (200, get(membership, f"/members/{member['id']}"))
    assert first[1] == {
        **member,
        **BACK,
        "status": "member",
        "left_on": None,
        "reason": None,
        "previous_left_on": "2024-09-01",
    }
    assert other[0] == 409
    eventually(lambda: len(published(membership, member, before)) == 3, "it is published")
    assert published(membership, member, before)[-1] == {
        "member_id": member["id"],
        **BACK,
        "rejoined": True,
        "previous_left_on": "2024-09-01",
    }


def test_who_is_not_there_does_not_rejoin(membership: Running) -> None:
    assert post(membership, f"/members/{NOBODY}/rejoin", BACK)[0] == 404
    assert post(membership, "/members/7/rejoin", BACK)[0] == 404


def test_a_rejoin_stays_in_the_callers_part(membership: Running) -> None:
    here, there = gone(membership), gone(membership, unit="0114")
    token = membership.token("membership:write", "skane")

    out = post(membership, f"/members/{here['id']}/rejoin", {**BACK, "unit": "0114"}, token=token)
    into = post(membership, f"/members/{there['id']}/rejoin", BACK, token=token)
    within = post(membership, f"/members/{here['id']}/rejoin", BACK, token=token)

    assert (out[0], into[0], within[0]) == (403, 403, 200)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"unit": "nowhere"}, {"unit"}),
        ({"unit": "skane"}, {"unit"}),
        ({"unit": None}, {"unit"}),
        ({"joined_on": "2024-08-31"}, {"joined_on"}),
        ({"joined_on": TOMORROW}, {"joined_on"}),
        ({"joined_on": "2025-02-30"}, {"joined_on"}),
        ({"source": "guess"}, {"source"}),
        ({"name": "Åsa"}, {"name"}),
    ],
)
def test_a_bad_rejoin_names_the_field(membership: Running, changes: Row, fields: set[str]) -> None:
    member = gone(membership)

    status, problem = post(membership, f"/members/{member['id']}/rejoin", {**BACK, **changes})

    assert (status, set(problem["errors"])) == (422, fields)
    assert get(membership, f"/members/{member['id']}") == member


def test_what_is_corrected_is_answered_as_far_as_it_is_open(membership: Running) -> None:
    body = {
        "name": "Sigbritt Hemlig",
        "email": "hemlig@example.se",
        "union": UNION,
        "interests": ["vård"],
        "competences": ["ekonomi"],
        "recruited_by": "m-9",
        "paid_until": "2026-12-31",
    }
    member = joined(membership)
    before = head(membership)

    answers = [patch(membership, member, body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert head(membership) == before
    shown = answers[0].json()
    assert shown["interests"] == ["vård"]
    assert (shown["recruited_by"], shown["paid_until"]) == ("m-9", "2026-12-31")
    log = membership.log.read_text(encoding="utf-8")
    for secret in ("Hemlig", "hemlig@", "Kommunal"):
        assert secret not in answers[0].text + log


def test_what_is_open_needs_neither_purpose_nor_the_personal_scope(membership: Running) -> None:
    member = joined(membership)

    answer = patch(membership, member, {"interests": []}, None, "membership:write")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Ny"},
        {"email": None},
        {"phone": "08-123456"},
        {"personal_number": None},
        {"birth_date": None},
        {"union": None},
        {"affiliations": []},
    ],
)
def test_what_is_personal_needs_the_scope_and_a_purpose(membership: Running, change: Row) -> None:
    member = joined(membership)
    body = {"interests": ["vård"], **change}

    no_scope = patch(membership, member, body, scopes="membership:write")
    no_purpose = patch(membership, member, body, purpose=None)
    no_write = patch(membership, member, body, scopes="membership:personal membership:read")

    assert (no_scope.status_code, no_write.status_code) == (403, 403)
    assert no_purpose.status_code == 422
    assert set(no_purpose.json()["errors"]) == {"X-Purpose"}
    assert get(membership, f"/members/{member['id']}") == member
    assert patch(membership, member, body).status_code == 200


def test_nobody_is_corrected_out_of_the_callers_part(membership: Running) -> None:
    member = joined(membership, unit="0114")

    assert patch(membership, member, {"interests": ["vård"]}, unit="skane").status_code == 403
    assert patch(membership, {"id": NOBODY}, {"interests": ["vård"]}).status_code == 404
    assert get(membership, f"/members/{member['id']}") == member


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"email": "asa"}, "email"),
        ({"email": f"{'x' * 10_000}@a.se"}, "email"),
        ({"phone": "1234"}, "phone"),
        ({"personal_number": "800102-1234"}, "personal_number"),
        ({"birth_date": TOMORROW}, "birth_date"),
        ({"birth_date": "2024-05-07"}, "birth_date"),
        ({"union": {"organisation": "Kommunal"}}, "union.consent_at"),
        ({"union": {**UNION, "consent_at": f"{TOMORROW}T23:00:00Z"}}, "union.consent_at"),
        ({"affiliations": ["kommunal"]}, "affiliations.0"),
        ({"interests": ["finns inte"]}, "interests"),
        ({"competences": ["skola"]}, "competences"),
        ({"paid_until": "2024-05-05"}, "paid_until"),
        ({"recruited_by": ""}, "recruited_by"),
        ({"unit": "1280"}, "unit"),
        ({"status": "left"}, "status"),
    ],
)
def test_a_bad_correction_names_the_field_and_changes_nothing(
    membership: Running, body: Row, field: str
) -> None:
    member = joined(membership)

    answer = patch(membership, member, body)

    assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})
    assert get(membership, f"/members/{member['id']}") == member


def test_who_soon_will_be_unpaid_is_listed_by_id_alone(membership: Running) -> None:
    until = [(TODAY + timedelta(days=days)).isoformat() for days in (20, 3, 90)]
    late, soon, _ = (joined(membership, unit="2403", paid_until=day) for day in until)

    found = get(membership, "/lapsing?unit=2403")["items"]
    longer = get(membership, "/lapsing?unit=2403&within=90")["items"]
    page = get(membership, "/lapsing?unit=2403&limit=1")
    rest = get(membership, f"/lapsing?unit=2403&cursor={page['next']}")["items"]

    assert [row["id"] for row in found] == [soon["id"], late["id"]]
    assert found[0] == {
        "id": soon["id"],
        "unit": "2403",
        "joined_on": "2024-05-06",
        "paid_until": until[1],
    }
    assert len(longer) == 3
    assert page["items"] + rest == found


@pytest.mark.parametrize(
    ("name", "value"),
    [("within", "367"), ("within", "-1"), ("within", "x"), ("unit", "nowhere"), ("x", "1")],
)
def test_a_bad_question_for_who_lapses_is_refused(
    membership: Running, name: str, value: str
) -> None:
    answer = membership.call("GET", "membership", f"/lapsing?{name}={value}")

    assert (answer.status_code, set(answer.json()["errors"])) == (422, {name})


def test_how_many_stay_is_told_by_cohort(membership: Running) -> None:
    joined(membership, unit="2401")
    gone(membership, unit="2401")

    answer = get(membership, "/retention?unit=2401")
    years = {each["year"]: each for each in answer["items"]}

    assert (answer["unit"], answer["next"]) == ("2401", None)
    assert sorted(years) == list(range(2024, TODAY.year + 1))
    cohort = {"joined": 2, "left": 1, "share": 0.5, "complete": True}
    nobody = {"joined": 0, "left": 0, "share": None, "complete": True}
    assert years[2024] == {
        "year": 2024,
        **cohort,
        "quarters": [
            {"year": 2024, "quarter": 1, **nobody},
            {"year": 2024, "quarter": 2, **cohort},
            {"year": 2024, "quarter": 3, **nobody},
            {"year": 2024, "quarter": 4, **nobody},
        ],
    }


@pytest.mark.parametrize("path", ["/lapsing", "/retention"])
def test_what_is_told_of_a_unit_is_told_in_its_part_alone(membership: Running, path: str) -> None:
    token = membership.token("membership:read", "skane")

    def status(unit: str) -> int:
        return membership.call("GET", "membership", path + unit, token=token).status_code

    assert [status(u) for u in ("", "?unit=SE", "?unit=0114", "?unit=1280")] == [403, 403, 403, 200]
    assert membership.call("GET", "membership", f"{path}?unit=nowhere").status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/vocabulary", "membership:write"),
        ("POST", "/vocabulary", "membership:read"),
        ("POST", f"/members/{NOBODY}/rejoin", "membership:read"),
        ("PATCH", f"/members/{NOBODY}", "membership:read membership:personal"),
        ("GET", "/lapsing", "membership:write"),
        ("GET", "/retention", "membership:write"),
    ],
)
def test_every_route_needs_its_scope(
    membership: Running, method: str, path: str, scopes: str
) -> None:
    without = membership.http.request(method, membership.url("membership") + path, timeout=10)
    lacking = membership.call(method, "membership", path, {}, membership.token(scopes))

    assert (without.status_code, lacking.status_code) == (401, 403)
