"""What callers are answered of duplicates over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests import people
from tests.membership.asked import post
from tests.membership.given import Row
from tests.process import Running

EVERYTHING = "membership:read membership:write membership:personal"


def somebody(**changes: Any) -> Row:
    """A body to join with, of somebody else each time."""
    body = {
        "id": str(uuid4()),
        "unit": "1280",
        "joined_on": "2024-05-06",
        "source": "digital",
        **people.somebody(),
    }
    return {**body, **changes}


def joined(membership: Running, **changes: Any) -> Row:
    """The body of somebody who has joined."""
    body = somebody(**changes)
    assert post(membership, "/members", body)[0] == 201
    return body


def anew(body: Row, **changes: Any) -> Row:
    """The same person with another id."""
    return {**body, "id": str(uuid4()), **changes}


def test_a_duplicate_is_refused_with_the_fields_and_to_some_with_the_id(
    membership: Running,
) -> None:
    body = joined(membership)

    status, problem = post(membership, "/members", anew(body))

    assert status == 409
    assert set(problem["errors"]) == {"personal_number", "email", "phone"}
    assert problem["member_id"] == body["id"]


@pytest.mark.parametrize(
    ("scopes", "unit"),
    [("membership:write", "SE"), ("membership:write membership:personal", "1280-ssu")],
)
def test_who_the_duplicate_is_is_told_to_those_alone_who_may_know(
    membership: Running, scopes: str, unit: str
) -> None:
    club = {"code": "1280-ssu", "name": "SSU", "kind": "club", "parent": "1280"}
    assert membership.call("POST", "membership", "/units", club).ok
    body = joined(membership)
    token = membership.token(scopes, unit)

    status, problem = post(membership, "/members", anew(body, unit="1280-ssu"), token=token)

    assert (status, "personal_number" in problem["errors"]) == (409, True)
    assert "member_id" not in problem
    assert body["id"] not in str(problem)


def test_however_it_is_written_the_person_is_the_same(membership: Running) -> None:
    body = joined(membership, phone="070-123 45 67", email="Asa@Example.SE", name="Åsa Öst")
    plain = {"personal_number": body["personal_number"].replace("-", "")}
    by_phone = {"name": "ÅSA  ÖST", "phone": "+46 70 123 45 67"}
    by_email = {"name": "åsa öst", "email": "asa@EXAMPLE.se"}

    for told in (plain, by_phone, by_email):
        status, problem = post(membership, "/members", somebody(**told))
        assert status == 409, told
        assert set(problem["errors"]) <= {"personal_number", "phone", "email"}


def test_who_has_left_is_told_to_rejoin(membership: Running) -> None:
    body = joined(membership)
    leaving = {"left_on": "2024-09-01", "reason": "unpaid"}
    post(membership, f"/members/{body['id']}/leave", leaving)

    status, problem = post(membership, "/members", anew(body))

    assert status == 409
    assert "rejoin" in problem["errors"]["personal_number"][0]
    assert post(membership, "/members", body)[0] == 200


def test_in_a_batch_the_second_of_two_alike_is_rejected(membership: Running) -> None:
    known, one = joined(membership), somebody()
    items = [anew(known), one, anew(one), known, somebody()]

    results = post(membership, "/members/batch", {"items": items})[1]["results"]

    statuses = ["rejected", "created", "rejected", "exists", "created"]
    assert [result["status"] for result in results] == statuses
    for result in (results[0], results[2]):
        assert set(result["errors"]) == {"personal_number", "email", "phone"}
    assert set(results[0]) == {"index", "id", "status", "errors"}


def listed(membership: Running, unit: str) -> list[Row]:
    """The probable duplicates of a unit."""
    found: Row = membership.call("GET", "membership", f"/duplicates?unit={unit}").json()
    items: list[Row] = found["items"]
    return items


def test_a_pair_is_listed_until_it_is_dismissed(membership: Running) -> None:
    ids = sorted(joined(membership, unit="1060", email="vi@example.se")["id"] for _ in range(2))
    pair = {"first": ids[0], "second": ids[1]}

    assert listed(membership, "blekinge") == [{**pair, "reasons": ["email"]}]
    dismissed = [post(membership, "/duplicates/dismiss", pair) for _ in range(2)]

    assert dismissed == [(200, pair)] * 2
    assert listed(membership, "blekinge") == []


def test_a_merge_is_answered_and_again(membership: Running) -> None:
    mistake = joined(membership, unit="1080", email="ni@example.se")
    into = joined(membership, unit="1080", email="ni@example.se", personal_number=None)
    path = f"/members/{mistake['id']}/merge"

    first, again = (post(membership, path, {"into": into["id"]}) for _ in range(2))
    other = post(membership, path, {"into": joined(membership)["id"]})

    assert first == again
    assert first[0] == 200
    assert (first[1]["status"], first[1]["merged_into"]) == ("merged", into["id"])
    assert other[0] == 409
    assert listed(membership, "1080") == []
    assert post(membership, "/members", mistake)[1]["status"] == "merged"
    assert post(membership, "/members", anew(mistake))[1]["member_id"] == into["id"]


@pytest.mark.parametrize("into", [None, "x", 7, "5f0a6d0c-7f11-4d0e-9a51-0b9f7f0e6a54", "itself"])
def test_a_bad_merge_names_the_field(membership: Running, into: Any) -> None:
    body = joined(membership)

    status, problem = post(
        membership,
        f"/members/{body['id']}/merge",
        {"into": body["id"] if into == "itself" else into},
    )

    assert (status, set(problem["errors"])) == (422, {"into"})
    stored = membership.call("GET", "membership", f"/members/{body['id']}").json()
    assert stored["status"] == "member"


def test_duplicates_are_found_told_apart_and_merged_within_reach_alone(
    membership: Running,
) -> None:
    here, there = joined(membership), joined(membership, unit="0114")
    token = membership.token(EVERYTHING, "skane")
    pair = {"first": here["id"], "second": there["id"]}

    def status(method: str, path: str, body: Any = None) -> int:
        return membership.call(method, "membership", path, body, token).status_code

    assert status("GET", "/duplicates") == 403
    assert status("GET", "/duplicates?unit=0114") == 403
    assert status("GET", "/duplicates?unit=skane") == 200
    assert status("POST", "/duplicates/dismiss", pair) == 403
    assert status("POST", f"/members/{here['id']}/merge", {"into": there["id"]}) == 403
    assert status("POST", f"/members/{there['id']}/merge", {"into": here["id"]}) == 403


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/duplicates", "membership:write"),
        ("POST", "/duplicates/dismiss", "membership:read"),
        (
            "POST",
            "/members/5f0a6d0c-7f11-4d0e-9a51-0b9f7f0e6a54/merge",
            "membership:read membership:personal",
        ),
    ],
)
def test_every_route_needs_its_scope(
    membership: Running, method: str, path: str, scopes: str
) -> None:
    answer = membership.call(method, "membership", path, {}, membership.token(scopes))

    assert answer.status_code == 403


def test_a_bad_query_is_refused(membership: Running) -> None:
    for query in ("limit=0", "limit=501", "cursor=x", "unit=nowhere", "x=1", "cursor=WyJ4Il0"):
        answer = membership.call("GET", "membership", f"/duplicates?{query}")
        assert answer.status_code == 422, query


def test_nothing_of_a_duplicate_is_logged_or_published(membership: Running) -> None:
    body = joined(membership, name="Sigrid Dubbelgång", email="dubbel@example.se")
    answers = str(post(membership, "/members", anew(body)))
    answers += str(post(membership, "/members/batch", {"items": [anew(body), anew(body)]}))
    into = joined(membership)
    answers += str(post(membership, f"/members/{body['id']}/merge", {"into": into["id"]}))
    events = membership.call("GET", "membership", "/events?limit=5000").text
    seen = answers + events + membership.log.read_text(encoding="utf-8")

    for secret in ("Dubbelg", "dubbel@", body["phone"], body["personal_number"]):
        assert secret not in seen
