"""What a member has told is corrected field by field, and who the member is stays sealed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import text

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import joins, members, patching, rejoining, units
from services.membership.members import PERSONAL, Member
from services.membership.schemas.memberships import MemberPatch
from services.membership.vault import Vault
from tests.membership.given import Row, forget_published, joining, published

UNION = {
    "organisation": "Kommunal",
    "official": True,
    "consent_at": datetime(2024, 6, 1, 12, tzinfo=UTC),
}
TOMORROW = clock.today() + timedelta(days=1)


@pytest.fixture
def member(database: Database, vault: Vault) -> Member:
    """A member of Malmö since May 2024."""
    with database.writing() as session:
        request = joining(interests=["skola"], recruited_by="m-7", affiliations=["ssu"])
        made, _ = joins.join(session, units.take_turn(session), request, vault)
        forget_published(session)
    return made


def patch(database: Database, vault: Vault, member: Member, **changes: Any) -> Member:
    """Change something."""
    with database.writing() as session:
        return patching.patch(session, member.id, changes, vault)


def told(vault: Vault, member: Member) -> Row:
    """What is sealed."""
    return vault.unseal(member.personal)


def stored(database: Database, member: Member) -> Member:
    """The member as it is now."""
    with database.reading() as session:
        return members.get(session, member.id)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("name", "Åsa Öberg Lind", "Åsa Öberg Lind"),
        ("email", "ny@example.se", "ny@example.se"),
        ("email", None, None),
        ("phone", "08-123 456", "08-123 456"),
        ("personal_number", "198001021230", "198001021230"),
        ("birth_date", date(1981, 2, 3), "1981-02-03"),
        ("birth_date", None, None),
        ("affiliations", [], []),
        ("union", UNION, {**UNION, "consent_at": "2024-06-01T12:00:00.000000Z"}),
    ],
)
def test_a_personal_field_changes_alone(
    database: Database, vault: Vault, member: Member, field: str, value: Any, kept: Any
) -> None:
    before = told(vault, member)

    after = told(vault, patch(database, vault, member, **{field: value}))

    assert after == {**before, field: kept}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interests", ["vård", "skola"]),
        ("interests", []),
        ("competences", ["ekonomi"]),
        ("recruited_by", None),
        ("paid_until", date(2026, 12, 31)),
    ],
)
def test_an_open_field_changes_and_what_is_sealed_is_not_touched(
    database: Database, vault: Vault, member: Member, field: str, value: Any
) -> None:
    patch(database, vault, member, **{field: value})

    found = stored(database, member)
    assert getattr(found, field) == value
    assert found.personal == member.personal


def test_union_is_withdrawn_by_null(database: Database, vault: Vault, member: Member) -> None:
    patch(database, vault, member, union=UNION)

    patch(database, vault, member, union=None)

    assert told(vault, stored(database, member))["union"] is None


def test_the_same_again_changes_nothing_and_nothing_is_published(
    database: Database, vault: Vault, member: Member
) -> None:
    once = patch(database, vault, member, name="Åsa Lind", interests=["vård"], union=UNION)
    before = stored(database, member)

    patch(database, vault, member, name="Åsa Lind", interests=["vård"], union=UNION)

    assert stored(database, member).personal == before.personal == once.personal
    assert published(database) == []


def test_what_is_told_can_be_read_nowhere_in_the_database(
    database: Database, vault: Vault, member: Member
) -> None:
    patch(database, vault, member, name="Sigbritt", phone="070-999 88 77", union=UNION)

    with database.reading() as session:
        dump = repr(session.execute(text("SELECT * FROM member")).all())
    for secret in ("Sigbritt", "999 88", "Kommunal"):
        assert secret not in dump


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": TOMORROW}, "birth_date"),
        ({"birth_date": date(2024, 5, 7)}, "birth_date"),
        ({"union": {**UNION, "consent_at": clock.now() + timedelta(days=2)}}, "union.consent_at"),
        ({"paid_until": date(2024, 5, 5)}, "paid_until"),
        ({"interests": ["finns inte"]}, "interests"),
        ({"competences": ["skola"]}, "competences"),
    ],
)
def test_what_cannot_be_is_refused_whole(
    database: Database, vault: Vault, member: Member, changes: Row, field: str
) -> None:
    before = stored(database, member)

    with pytest.raises(Invalid) as refused:
        patch(database, vault, member, name="Other", recruited_by="m-8", **changes)

    after = stored(database, member)
    assert set(refused.value.errors) == {field}
    assert (after.personal, after.recruited_by) == (before.personal, "m-7")


def test_a_birth_is_before_the_first_join_of_all(
    database: Database, vault: Vault, member: Member
) -> None:
    with database.writing() as session:
        request = {"left_on": date(2024, 9, 1), "reason": "unpaid"}
        members.leave(session, member.id, request)
        again = {"unit": "1280", "joined_on": date(2025, 1, 1), "source": "digital"}
        rejoining.rejoin(session, units.take_turn(session), member.id, again)

    with pytest.raises(Invalid):
        patch(database, vault, member, birth_date=date(2024, 5, 7))
    patch(database, vault, member, birth_date=date(2024, 5, 6))


def test_what_was_told_by_one_who_left_is_corrected_too(
    database: Database, vault: Vault, member: Member
) -> None:
    with database.writing() as session:
        members.leave(session, member.id, {"left_on": date(2024, 9, 1), "reason": "unpaid"})

    assert told(vault, patch(database, vault, member, name="Åsa Lind"))["name"] == "Åsa Lind"


@pytest.mark.parametrize("status", ["erased", "merged"])
def test_nothing_is_told_of_one_who_is_erased_or_merged(
    database: Database, vault: Vault, member: Member, status: str
) -> None:
    with database.writing() as session:
        members.get(session, member.id).status = status

    with pytest.raises(Conflict):
        patch(database, vault, member, interests=["vård"])


def test_nothing_is_told_of_one_who_is_not_there(database: Database, vault: Vault) -> None:
    with pytest.raises(NotFound):
        patch(database, vault, Member(id=uuid4()), name="Nobody")


def test_every_personal_field_is_known_as_one() -> None:
    assert all(patching.is_personal({name: None, "interests": []}) for name in PERSONAL)
    assert not patching.is_personal(dict.fromkeys(patching.OPEN))
    assert set(MemberPatch().fields) == {*PERSONAL, *patching.OPEN}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"_schema"}),
        ({"name": None}, {"name"}),
        ({"interests": None}, {"interests"}),
        ({"affiliations": ["kommunal"]}, {"affiliations"}),
        ({"union": {"organisation": "Kommunal"}}, {"union"}),
        ({"email": "x" * 10_000}, {"email"}),
        ({"unit": "1280"}, {"unit"}),
        ({"joined_on": "2024-05-06"}, {"joined_on"}),
        ({"status": "left"}, {"status"}),
    ],
)
def test_what_is_no_correction_is_refused(body: Row, fields: set[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        MemberPatch().load(body)

    assert set(refused.value.normalized_messages()) == fields
