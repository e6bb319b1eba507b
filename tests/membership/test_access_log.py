"""Personal data is shown to who may see it and says why, and the log that says so is kept."""

from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from infra.database import Database
from infra.errors import Invalid
from services.membership import access_log, aliases, joins, units
from services.membership.members import Member
from services.membership.vault import Vault
from tests import people
from tests.membership.given import Row, joining
from tests.process import Running

ALL = {"limit": 100, "cursor": None}
READING = "membership:read"
SEEING = "membership:read membership:personal"
WHY = "Välkomstsamtal"
TOLD = {
    "name": "Åsa Öberg",
    "birth_date": "1980-01-02",
    "union": {"organisation": "Kommunal", "official": True, "consent_at": "2024-05-06T10:00:00Z"},
    "affiliations": ["s-kvinnor"],
}


def ask(
    membership: Running, path: str, why: str | None = WHY, scopes: str = SEEING, unit: str = "SE"
) -> requests.Response:
    """A GET with a purpose, unless it is None."""
    headers = {"Authorization": f"Bearer {membership.token(scopes, unit)}"}
    if why is not None:
        headers["X-Purpose"] = why
    return membership.http.get(membership.url("membership") + path, headers=headers, timeout=30)


def joined(membership: Running, unit: str = "1280", **told: Any) -> str:
    """The id of a new member."""
    person = {**people.somebody(), **TOLD, **told}
    body = {"unit": unit, "joined_on": "2024-05-06", "source": "digital", **person}
    answer = membership.call("POST", "membership", "/members", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def log_of(membership: Running, member_id: str) -> list[Row]:
    """The member's access log but for this look at it."""
    items: list[Row] = ask(membership, f"/members/{member_id}/access-log").json()["items"]
    return items[:-1]


def someone(database: Database, vault: Vault) -> Member:
    """A new member."""
    with database.writing() as session:
        return joins.join(session, units.take_turn(session), joining(), vault)[0]


def note(database: Database, member_id: UUID, **changes: str) -> None:
    """Somebody saw a member."""
    given = {"who": "someone", "purpose": WHY, "what": "read", **changes}
    with database.writing() as session:
        access_log.note(session, member_id=member_id, **given)


def test_who_says_why_is_shown_who_a_member_is_and_that_is_noted(membership: Running) -> None:
    person = people.somebody()
    member_id = joined(membership, **person)

    shown = ask(membership, f"/members/{member_id}").json()

    assert shown["unit"] == "1280"
    assert shown["personal"].pop("union")["organisation"] == "Kommunal"
    assert shown["personal"] == {
        "name": person["name"],
        "email": person["email"],
        "phone": "+46" + person["phone"][1:].replace("-", ""),
        "personal_number": person["personal_number"].replace("-", ""),
        "birth_date": "1980-01-02",
        "affiliations": ["s-kvinnor"],
    }
    (row,) = log_of(membership, member_id)
    assert row.pop("at").endswith("Z")
    assert row == {"member_id": member_id, "who": "test", "purpose": WHY, "what": "read"}


def test_without_a_purpose_nothing_personal_is_shown_and_nothing_noted(membership: Running) -> None:
    member_id = joined(membership)

    for scopes in (READING, SEEING):
        assert "personal" not in ask(membership, f"/members/{member_id}", None, scopes).json()
        listed = ask(membership, "/members?unit=1280", None, scopes).json()["items"]
        assert not any("personal" in row for row in listed)

    assert log_of(membership, member_id) == []


def test_a_purpose_without_the_scope_is_refused(membership: Running) -> None:
    member_id = joined(membership)

    for path in (f"/members/{member_id}", "/members?unit=1280"):
        assert ask(membership, path, scopes=READING).status_code == 403

    assert log_of(membership, member_id) == []


@pytest.mark.parametrize(
    "why",
    [
        "",
        "x" * 201,
        "ringer asa@example.se",
        "ringer 070-123 45 67",
        "19800102-1234",
        "om ٠٧٠١٢٣٤",
    ],
)
def test_a_purpose_that_is_none_or_tells_of_somebody_is_refused(
    membership: Running, why: str
) -> None:
    member_id = joined(membership)

    # What is no Latin-1 travels as UTF-8.
    refused = ask(membership, f"/members/{member_id}", why.encode().decode("latin-1"))

    assert (refused.status_code, set(refused.json()["errors"])) == (422, {"X-Purpose"})
    assert why == "" or why not in refused.text
    assert log_of(membership, member_id) == []


@pytest.mark.parametrize("path", ["access-log", "export"])
def test_what_is_all_personal_needs_the_scope_and_a_purpose(membership: Running, path: str) -> None:
    member_id = joined(membership)

    assert ask(membership, f"/members/{member_id}/{path}", scopes=READING).status_code == 403
    refused = ask(membership, f"/members/{member_id}/{path}", None)
    assert (refused.status_code, set(refused.json()["errors"])) == (422, {"X-Purpose"})
    assert ask(membership, f"/members/{uuid4()}/{path}").status_code == 404


def test_a_list_notes_each_member_that_it_shows_and_no_other(membership: Running) -> None:
    ids = [joined(membership, "0115") for _ in range(3)]

    page = ask(membership, "/members?unit=0115&limit=2").json()["items"]

    assert [row["personal"]["name"] for row in page] == ["Åsa Öberg"] * 2
    seen = {row["id"] for row in page}
    for member_id in ids:
        whats = [row["what"] for row in log_of(membership, member_id)]
        assert whats == (["list"] if member_id in seen else [])


def test_the_log_shows_each_look_at_itself(membership: Running) -> None:
    member_id = joined(membership)

    first, second = (ask(membership, f"/members/{member_id}/access-log").json() for _ in range(2))

    assert [row["what"] for row in first["items"]] == ["access_log"]
    assert second["items"][:1] == first["items"]
    assert len(second["items"]) == 2


def test_outside_the_callers_unit_nothing_is_shown_nor_noted(membership: Running) -> None:
    member_id = joined(membership, "0114")

    for path in ("", "/access-log", "/export"):
        assert ask(membership, f"/members/{member_id}{path}", unit="skane").status_code == 403

    assert log_of(membership, member_id) == []


def test_the_log_comes_in_pages_the_first_access_first(either: Database, vault: Vault) -> None:
    member = someone(either, vault)
    for number in range(5):
        note(either, member.id, who=f"reader {number}")
    note(either, uuid4())

    with either.reading() as session:
        first = access_log.of_member(session, [member.id], {**ALL, "limit": 3})
        rest = access_log.of_member(session, [member.id], {**ALL, "cursor": first.next})

    assert [row.who for row in (*first.items, *rest.items)] == [f"reader {n}" for n in range(5)]
    assert rest.next is None


@pytest.mark.parametrize("number", [2**63, -(2**63), 2**64 - 1])
def test_a_cursor_beyond_every_row_is_refused(database: Database, number: int) -> None:
    cursor = urlsafe_b64encode(f"[{number}]".encode()).decode()
    with database.reading() as session, pytest.raises(Invalid):
        access_log.of_member(session, [uuid4()], {**ALL, "cursor": cursor})


def test_one_who_was_merged_into_another_is_found_under_the_others_id(
    either: Database, vault: Vault
) -> None:
    kept, mistake, older, other = (someone(either, vault).id for _ in range(4))
    with either.writing() as session:
        for merged, into in ((mistake, kept), (older, mistake)):
            changed = {"status": "merged", "merged_into": into}
            session.execute(update(Member).where(Member.id == merged).values(changed))
    for member_id in (kept, mistake, older, other):
        note(either, member_id)

    with either.reading() as session:
        known = aliases.ids(session, kept)
        page = access_log.of_member(session, known, ALL)

    assert known[0] == kept
    assert [row.member_id for row in page.items] == [kept, mistake, older]


@pytest.mark.parametrize(
    "statement", ["UPDATE access_log SET who = 'nobody'", "DELETE FROM access_log"]
)
def test_the_database_lets_nobody_change_the_log(
    either: Database, vault: Vault, statement: str
) -> None:
    member = someone(either, vault)
    note(either, member.id)

    _refused(either, statement)

    with either.reading() as session:
        (kept,) = access_log.held(session, vault, member.id)
    assert (kept["who"], kept["purpose"], kept["what"]) == ("someone", WHY, "read")


def test_postgresql_lets_nobody_empty_the_log(postgresql: Database) -> None:
    _refused(postgresql, "TRUNCATE access_log")


def _refused(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only added to"), database.writing() as session:
        session.execute(text(statement))


def test_every_kind_of_access_has_room(either: Database, vault: Vault) -> None:
    member = someone(either, vault)
    for what in access_log.WHAT:
        note(either, member.id, what=what, purpose="å" * 200, who="x" * 1000)

    with either.reading() as session:
        found: list[dict[str, Any]] = access_log.held(session, vault, member.id)
    assert [row["what"] for row in found] == list(access_log.WHAT)
