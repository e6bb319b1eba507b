"""What callers of membership are answered over HTTP, and that bad input leaves nothing behind."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from services.membership import editions
from tests import people, process
from tests.membership.asked import head, post
from tests.membership.given import Row
from tests.process import Running

TODAY = clock.today()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
LONG = "x" * 201

NOBODY = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"


def joining(**changes: Any) -> Row:
    """A body to join with, of somebody else each time."""
    person = people.somebody()
    body = {
        "unit": "1280",
        "joined_on": "2024-05-06",
        "source": "digital",
        "name": person["name"],
        "email": person["email"],
    }
    return {**body, **changes}


def union(**changes: Any) -> Row:
    """What somebody tells of their union."""
    return {"organisation": "IF Metall", "consent_at": "2024-05-06T10:00:00Z", **changes}


@pytest.fixture
def nothing_happens(membership: Running) -> Iterator[None]:
    """Inside, no member is stored and nothing published."""
    before = head(membership), count(membership)
    yield
    assert (head(membership), count(membership)) == before


def count(membership: Running) -> int:
    """How many members there are."""
    seen, cursor = 0, ""
    while True:
        page = membership.call("GET", "membership", f"/members?limit=500{cursor}").json()
        seen += len(page["items"])
        if page["next"] is None:
            return seen
        cursor = f"&cursor={page['next']}"


def joined(membership: Running, **changes: Any) -> Row:
    """A new member."""
    status, member = post(membership, "/members", joining(**changes))
    assert status == 201
    return member


def test_a_first_start_knows_the_whole_organisation(membership: Running) -> None:
    seen: list[Row] = []
    cursor = ""
    while True:
        page = membership.call("GET", "membership", f"/units?limit=100{cursor}").json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    codes = [row["code"] for row in seen]
    assert codes == sorted(codes)
    assert {"SE", "skane", "1280"} <= set(codes)
    assert len([row for row in seen if row["kind"] == "branch"]) == 290


def test_units_are_listed_by_kind_and_by_parent(membership: Running) -> None:
    districts = membership.call("GET", "membership", "/units?kind=district&limit=500").json()
    skane = membership.call("GET", "membership", "/units?parent=skane&limit=500").json()

    assert len(districts["items"]) == 26
    assert len(skane["items"]) == 33


def test_units_are_read_from_any_unit(membership: Running) -> None:
    token = membership.token("membership:read", "skane")

    answer = membership.call("GET", "membership", "/units/0114", token=token)

    assert answer.json() == {
        "code": "0114",
        "name": "Upplands Väsby",
        "kind": "branch",
        "parent": "stockholms-lan",
        "population": 50323,
        "open": True,
        "version": 1,
        "valid_from": "1900-01-01",
    }


@pytest.mark.parametrize("code", ["nowhere", "%00", "%ff", "a%20b", "1280%0a"])
def test_an_unknown_unit_is_not_found(membership: Running, code: str) -> None:
    assert membership.call("GET", "membership", f"/units/{code}").status_code == 404


def test_a_unit_is_registered_changed_and_closed(membership: Running) -> None:
    body = {"code": "0180-soder", "name": "Söder", "kind": "association", "parent": "0180"}
    first = post(membership, "/units", body)
    again = post(membership, "/units", body)
    taken = post(membership, "/units", {**body, "name": "Norr"})
    patch = {"on": TODAY.isoformat(), "name": "Söders S-förening", "open": False}
    closed, repeated = (
        membership.call("PATCH", "membership", "/units/0180-soder", patch) for _ in range(2)
    )

    assert (first[0], again[0], taken[0]) == (201, 200, 409)
    assert first[1] == again[1]
    assert closed.json() == repeated.json()
    assert (closed.json()["open"], closed.json()["version"]) == (False, 2)


def test_a_member_may_join_a_unit_as_soon_as_it_is_there(membership: Running) -> None:
    token = membership.token("membership:write membership:read", "skane")
    code = f"1281-{uuid4().hex[:8]}"
    body = {"code": code, "name": "Ny", "kind": "association", "parent": "1281"}

    made = membership.call("POST", "membership", "/units", body, token)
    member = membership.call("POST", "membership", "/members", joining(unit=code), token)
    closing = {"on": TODAY.isoformat(), "open": False}
    closed = membership.call("PATCH", "membership", f"/units/{code}", closing, token)

    assert (made.status_code, member.status_code, closed.status_code) == (201, 201, 409)
    assert "1 members" in closed.json()["detail"]


def test_a_member_joins_moves_and_leaves(membership: Running) -> None:
    body = joining(id=str(uuid4()), union=union(), interests=["skola"], affiliations=["ssu"])
    first, again = (post(membership, "/members", body) for _ in range(2))
    taken = post(membership, "/members", {**body, "name": "Other"})
    path = f"/members/{body['id']}"
    moved = [post(membership, f"{path}/transfer", {"unit": "0114", "on": "2024-08-01"})] * 2
    gone = [post(membership, f"{path}/leave", {"left_on": "2024-09-01", "reason": "unpaid"})] * 2
    other = post(membership, f"{path}/leave", {"left_on": "2024-09-02", "reason": "unpaid"})

    assert (first[0], again[0], taken[0], other[0]) == (201, 200, 409, 409)
    assert [status for status, _ in moved + gone] == [200] * 4
    assert membership.call("GET", "membership", path).json() == {
        "id": body["id"],
        "unit": "0114",
        "status": "left",
        "joined_on": "2024-05-06",
        "source": "digital",
        "prospect_id": None,
        "recruited_by": None,
        "left_on": "2024-09-01",
        "reason": "unpaid",
        "previous_left_on": None,
        "paid_until": None,
        "interests": ["skola"],
        "competences": [],
        "merged_into": None,
    }


def test_nothing_personal_is_shown_published_or_logged(membership: Running) -> None:
    member = joined(
        membership,
        name="Sigbritt Hemlig",
        email="sigbritt.hemlig@example.se",
        phone="+46 70 999 88 77",
        personal_number="19711231-9871",
        birth_date="1971-12-31",
        union=union(organisation="Hemliga Unionen"),
    )
    token = membership.token("membership:read membership:personal")

    shown = membership.call("GET", "membership", f"/members/{member['id']}", token=token).text
    refused = membership.call(
        "POST", "membership", "/members", joining(name="Sigbritt Hemlig", email="hemlig")
    ).text
    events = membership.call("GET", "membership", "/events?limit=5000").text
    seen = shown + refused + events + membership.log.read_text(encoding="utf-8")

    for secret in ("Sigbritt", "emlig", "999 88", "99988", "19711231", "1971-12-31"):
        assert secret not in seen


def test_members_are_listed_by_unit_and_status(membership: Running) -> None:
    ids = {joined(membership, unit="2584")["id"] for _ in range(3)}
    gone = joined(membership, unit="2584")["id"]
    post(membership, f"/members/{gone}/leave", {"left_on": "2024-09-01", "reason": "death"})

    members = membership.call("GET", "membership", "/members?unit=norrbotten&status=member").json()
    left = membership.call("GET", "membership", "/members?unit=2584&status=left").json()
    first = membership.call("GET", "membership", "/members?unit=2584&limit=3").json()
    rest = membership.call("GET", "membership", f"/members?unit=2584&cursor={first['next']}").json()

    assert {row["id"] for row in members["items"]} == ids
    assert [row["id"] for row in left["items"]] == [gone]
    assert {row["id"] for row in first["items"] + rest["items"]} == ids | {gone}


def test_who_may_act_in_a_district_acts_there_alone(membership: Running) -> None:
    token = membership.token("membership:write membership:read", "skane")
    here, there = joined(membership), joined(membership, unit="0114")
    leaving = {"left_on": "2024-09-01", "reason": "unpaid"}
    unit = {"code": "0114-by", "name": "By", "kind": "association", "parent": "0114"}

    def status(method: str, path: str, body: Any = None) -> int:
        return membership.call(method, "membership", path, body, token).status_code

    assert status("POST", "/members", joining()) == 201
    assert status("POST", "/members", joining(unit="0114")) == 403
    assert status("GET", f"/members/{there['id']}") == 403
    assert status("GET", "/members?unit=SE") == 403
    assert status("POST", f"/members/{there['id']}/leave", leaving) == 403
    moving_out = {"unit": "0114", "on": "2024-09-01"}
    assert status("POST", f"/members/{here['id']}/transfer", moving_out) == 403
    moving_in = {"unit": "1280", "on": "2024-09-01"}
    assert status("POST", f"/members/{there['id']}/transfer", moving_in) == 403
    assert status("POST", "/units", unit) == 403
    assert status("PATCH", "/units/0114", {"on": "2025-01-01", "name": "N"}) == 403
    assert status("PATCH", "/units/1280", {"on": "2025-01-01", "parent": "uppsala-lan"}) == 403
    edition = {"national": False, "units": [{"code": "SE", "name": "P", "kind": "party"}]}
    assert status("POST", "/units/editions", edition) == 403
    assert status("POST", f"/members/{here['id']}/leave", leaving) == 200


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/units", "membership:write"),
        ("GET", "/units/SE", "campaign:read"),
        ("GET", "/members", "membership:write"),
        ("POST", "/members", "membership:read"),
        ("POST", "/members/batch", "membership:read"),
        ("POST", "/units", "membership:read"),
        ("PATCH", "/units/1280", "membership:read"),
        ("POST", "/units/editions", "membership:read"),
        ("POST", f"/members/{NOBODY}/leave", "membership:read"),
        ("POST", f"/members/{NOBODY}/transfer", "membership:read"),
    ],
)
def test_every_route_needs_its_scope(
    membership: Running, method: str, path: str, scopes: str
) -> None:
    without = membership.http.request(method, membership.url("membership") + path, timeout=10)
    lacking = membership.call(method, "membership", path, {}, membership.token(scopes))

    assert (without.status_code, lacking.status_code) == (401, 403)


BAD_MEMBERS: list[tuple[str, Any]] = [
    ("id", "7"),
    ("id", 7),
    ("id", f"{NOBODY}\n"),
    ("unit", None),
    ("unit", "nowhere"),
    ("unit", "SE"),
    ("unit", "1280\n"),
    ("unit", ["1280"]),
    ("joined_on", "2027-02-30"),
    ("joined_on", TOMORROW),
    ("joined_on", "2024-05-06T00:00:00Z"),
    ("joined_on", 20240506),
    ("joined_on", "1899-12-31"),
    ("source", "guess"),
    ("source", None),
    ("name", ""),
    ("name", LONG),
    ("name", None),
    ("name", 7),
    ("name", "\x00"),
    ("name", "\ud800"),
    ("email", "asa"),
    ("email", "asa@example"),
    ("email", "a@b@c.se"),
    ("email", f"{'x' * 250}@a.se"),
    ("email", "@" + "a." * 2000),
    ("email", "x" * 10_000),
    ("email", f"{'x' * 10_000}@example.se"),
    ("email", "asa@example.invalid"),
    ("email", "asa..o@example.se"),
    ("phone", "ring"),
    ("phone", "1234"),
    ("phone", "1" * 16),
    ("phone", "+999 123 45 67"),
    ("phone", "070-12"),
    ("personal_number", "800102-1230"),
    ("personal_number", "19800102-1234"),
    ("personal_number", "19801302-1232"),
    ("personal_number", "20991231-1239"),
    ("personal_number", "1980010212345"),
    ("personal_number", "٢٠٠٠٠١٠١-1234"),
    ("birth_date", TOMORROW),
    ("birth_date", "1980-13-01"),
    ("prospect_id", "x"),
    ("recruited_by", "x" * 65),
    ("interests", "skola"),
    ("interests", ["x" * 51]),
    ("interests", ["skola", "skola"]),
    ("interests", [f"i{number}" for number in range(21)]),
    ("interests", [None]),
    ("interests", ["finns inte"]),
    ("competences", ["Ekonomi"]),
    ("competences", [{"x": 1}]),
    ("affiliations", ["kommunal"]),
    ("affiliations", ["ssu", "ssu"]),
    ("paid_until", "2024-05-05"),
    ("paid_until", "2025-02-30"),
    ("union", "Kommunal"),
    ("union", {"organisation": "Kommunal", "official": True}),
    ("union", union(official="yes")),
    ("union", union(consent_at="2024-05-06T10:00:00")),
    ("union", union(consent_at="0001-01-01T00:00:00+14:00")),
    ("union", union(consent_at="9999-12-31T23:59:59-14:00")),
    ("union", union(consent_at=f"{TOMORROW}T23:00:00Z")),
    ("union", union(more=1)),
    ("salary", 1),
]


@pytest.mark.usefixtures("nothing_happens")
def test_every_bad_field_of_a_join_is_named_alone_and_in_a_batch(membership: Running) -> None:
    for field, value in BAD_MEMBERS:
        status, problem = post(membership, "/members", joining(**{field: value}))
        assert (field, status) == (field, 422)
        assert {name.split(".")[0] for name in problem["errors"]} == {field}, (field, value)

    items = [joining(**{field: value}) for field, value in BAD_MEMBERS]
    answer = post(membership, "/members/batch", {"items": items})[1]
    assert answer["rejected"] == len(BAD_MEMBERS)
    for (field, _), result in zip(BAD_MEMBERS, answer["results"], strict=True):
        assert {name.split(".")[0] for name in result["errors"]} == {field}


@pytest.mark.usefixtures("nothing_happens")
def test_every_missing_field_of_a_join_is_named(membership: Running) -> None:
    status, problem = post(membership, "/members", {})

    assert status == 422
    assert set(problem["errors"]) == {"unit", "joined_on", "source", "name"}


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("leave", {}, {"left_on", "reason"}),
        ("leave", {"left_on": "2024-05-05", "reason": "unpaid"}, {"left_on"}),
        ("leave", {"left_on": TOMORROW, "reason": "unpaid"}, {"left_on"}),
        ("leave", {"left_on": "2024-09-01", "reason": "bored"}, {"reason"}),
        ("leave", {"left_on": "2024-09-01", "reason": "unpaid", "x": 1}, {"x"}),
        ("transfer", {}, {"unit", "on"}),
        ("transfer", {"unit": "nowhere", "on": "2024-09-01"}, {"unit"}),
        ("transfer", {"unit": "skane", "on": "2024-09-01"}, {"unit"}),
        ("transfer", {"unit": "0114", "on": "2024-05-05"}, {"on"}),
        ("transfer", {"unit": "0114", "on": TOMORROW}, {"on"}),
        ("transfer", {"unit": 1280, "on": "2024-09-01"}, {"unit"}),
    ],
)
def test_a_bad_leave_or_transfer_names_the_field(
    membership: Running, path: str, body: Row, fields: set[str]
) -> None:
    member = joined(membership)

    status, problem = post(membership, f"/members/{member['id']}/{path}", body)

    assert (status, set(problem["errors"])) == (422, fields)
    stored = membership.call("GET", "membership", f"/members/{member['id']}").json()
    assert stored == member


def test_who_is_not_there_is_not_found(membership: Running) -> None:
    path = f"/members/{uuid4()}"

    assert membership.call("GET", "membership", path).status_code == 404
    leaving = {"left_on": "2024-09-01", "reason": "unpaid"}
    assert post(membership, f"{path}/leave", leaving)[0] == 404
    assert post(membership, f"{path}/transfer", {"unit": "0114", "on": "2024-09-01"})[0] == 404
    assert membership.call("GET", "membership", "/members/7").status_code == 404


BAD_UNITS: list[tuple[Row, set[str]]] = [
    ({}, {"code", "name", "kind", "parent"}),
    ({"code": "å"}, {"code"}),
    ({"code": "x" * 65}, {"code"}),
    ({"name": LONG}, {"name"}),
    ({"kind": "village"}, {"kind"}),
    ({"kind": "party", "parent": "SE"}, {"kind"}),
    ({"parent": None}, {"parent"}),
    ({"parent": "nowhere"}, {"parent"}),
    ({"parent": "skane"}, {"parent"}),
    ({"population": -1}, {"population"}),
    ({"population": 2**40}, {"population"}),
    ({"population": 1.5}, {"population"}),
    ({"on": TOMORROW}, {"on"}),
    ({"open": False}, {"open"}),
]


@pytest.mark.parametrize(("changes", "fields"), BAD_UNITS)
@pytest.mark.usefixtures("nothing_happens")
def test_a_bad_unit_names_the_field(membership: Running, changes: Row, fields: set[str]) -> None:
    good = {"code": "1280-by", "name": "By", "kind": "association", "parent": "1280"}

    status, problem = post(membership, "/units", {**good, **changes} if changes else {})

    assert (status, set(problem["errors"])) == (422, fields)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"on"}),
        ({"on": "2025-01-01"}, {"body"}),
        ({"on": TOMORROW, "name": "N"}, {"on"}),
        ({"on": "2027-02-30", "name": "N"}, {"on"}),
        ({"on": "2025-01-01", "name": ""}, {"name"}),
        ({"on": "2025-01-01", "open": True}, {"open"}),
        ({"on": "2025-01-01", "parent": "1280"}, {"parent"}),
        ({"on": "2025-01-01", "parent": "SE"}, {"parent"}),
        ({"on": "2025-01-01", "kind": "district"}, {"kind"}),
    ],
)
@pytest.mark.usefixtures("nothing_happens")
def test_a_bad_change_of_a_unit_names_the_field(
    membership: Running, body: Row, fields: set[str]
) -> None:
    answer = membership.call("PATCH", "membership", "/units/1280", body)

    assert (answer.status_code, set(answer.json()["errors"])) == (422, fields)


@pytest.mark.usefixtures("nothing_happens")
def test_a_bad_edition_is_refused_whole_over_http(membership: Running) -> None:
    without = [row for row in editions.reference() if row["code"] != "1280"]
    many = [{"code": f"u{number}", "name": "U", "kind": "branch"} for number in range(5001)]
    nested = [{**editions.reference()[0], "name": 7}]

    refused = [
        post(membership, "/units/editions", {"units": edition})
        for edition in (without, many, nested, "all", [7], [])
    ]

    assert [status for status, _ in refused] == [422] * 6
    assert set(refused[2][1]["errors"]) == {"units.0.name"}


def test_a_batch_of_a_thousand_is_answered_and_again_as_there(membership: Running) -> None:
    items = [joining(id=str(uuid4()), interests=["skola"], union=union()) for _ in range(1000)]
    first = post(membership, "/members/batch", {"items": items})[1]
    again = post(membership, "/members/batch", {"items": items})[1]

    assert [row["id"] for row in first["results"]] == [item["id"] for item in items]
    assert (first["created"], again["exists"]) == (1000, 1000)


@pytest.mark.usefixtures("nothing_happens")
def test_a_batch_of_1001_or_of_none_objects_stores_nothing(membership: Running) -> None:
    too_many = post(membership, "/members/batch", {"items": [joining()] * 1001})
    odd = post(membership, "/members/batch", {"items": [7, None, [], "x"]})
    token = membership.token("membership:write", "skane")
    outside = post(membership, "/members/batch", {"items": [joining(unit="0114")]}, token=token)

    assert too_many[0] == 422
    assert odd[1]["rejected"] == 4
    assert outside[1]["results"][0]["errors"].keys() == {"unit"}


@pytest.mark.parametrize(
    "path",
    [
        "/units?limit=501",
        "/units?cursor=x",
        "/units?kind=village",
        "/units?x=1",
        "/members?status=maybe",
        "/members?limit=0",
        "/members?cursor=WyJ4Il0",
    ],
)
def test_a_bad_query_is_refused(membership: Running, path: str) -> None:
    assert membership.call("GET", "membership", path).status_code == 422


def test_what_was_accepted_is_there_after_a_kill(tmp_path: Any) -> None:
    before = process.start(["membership"], tmp_path)
    try:
        member = joined(before)
        before.kill()
        after = process.start(["membership"], tmp_path, ports=before.ports)
        try:
            found = after.call("GET", "membership", f"/members/{member['id']}").json()
            assert found == member
            assert head(after) == 318
            assert after.stop() == 0
        finally:
            after.close()
    finally:
        before.close()
