"""Who was a member before there were marks is marked, and is found as any other from then on."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from infra.database import Database
from services.membership import joins, marking, marks, units
from services.membership.marks import LIKELY, REFUSING, Duplicate
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.given import joining

ALL = REFUSING + LIKELY


def stored(database: Database, vault: Vault, **changes: Any) -> dict[str, Any]:
    """The request of somebody who joined before there were marks."""
    request = joining(**changes)
    with database.writing() as session:
        joins.join(session, units.take_turn(session), request, vault)
        of_them = Member.id == request["id"]
        session.execute(update(Member).where(of_them).values(dict.fromkeys(ALL)))
    return request


def marked(database: Database, member_id: UUID) -> dict[str, bytes | None]:
    """The marks of a member."""
    with database.reading() as session:
        columns = [getattr(Member, name) for name in ALL]
        found = session.execute(select(*columns).where(Member.id == member_id)).one()
        return dict(zip(ALL, found, strict=True))


def test_each_gets_the_marks_that_they_would_have_joined_with(
    either: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "CHUNK", 2)
    requests = [stored(either, vault) for _ in range(5)]

    list(marking.mark(either, vault))

    for request in requests:
        assert marked(either, request["id"]) == marks.of(vault, request)


def test_the_same_person_is_refused_from_then_on(database: Database, vault: Vault) -> None:
    request = stored(database, vault)
    list(marking.mark(database, vault))

    with pytest.raises(Duplicate), database.writing() as session:
        joins.join(session, units.take_turn(session), {**request, "id": uuid4()}, vault)


def test_of_two_who_are_one_person_one_has_what_refuses_and_both_what_is_likely(
    either: Database, vault: Vault
) -> None:
    first = stored(either, vault)
    second = stored(either, vault, **{**first, "id": uuid4()})
    with either.writing() as session:
        known = joins.join(session, units.take_turn(session), joining(), vault)[0].id
    third = stored(either, vault)
    with either.writing() as session:
        told = {**marks.of(vault, third), "name_birth_mark": None}
        session.execute(update(Member).where(Member.id == known).values(told))

    list(marking.mark(either, vault))

    one, other, late = (marked(either, each["id"]) for each in (first, second, third))
    alike = {name: marks.of(vault, first)[name] for name in LIKELY}
    for found in (one, other):
        assert {name: found[name] for name in LIKELY} == alike
    assert sorted(found["name_email_mark"] is None for found in (one, other)) == [False, True]
    assert [late[name] for name in REFUSING] == [None, None, None]
    assert late["email_mark"] == marks.of(vault, third)["email_mark"]


@pytest.mark.parametrize("status", ["merged", "erased"])
def test_who_is_merged_or_erased_gets_none(database: Database, vault: Vault, status: str) -> None:
    request = stored(database, vault)
    with database.writing() as session:
        of_them = Member.id == request["id"]
        session.execute(update(Member).where(of_them).values(status=status))

    with database.reading() as session:
        assert marking.count(session) == 0
    assert list(marking.mark(database, vault)) == [0]
    assert set(marked(database, request["id"]).values()) == {None}
