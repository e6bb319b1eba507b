"""The welcome officer's list: who is new, the nearest deadline first."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from infra import clock
from infra.database import Database
from infra.units import load
from services.membership import mentorships, welcome
from services.membership.vault import Vault
from tests.membership.carried import assigning, begin, leave, member, mentor, mentoring, start
from tests.membership.given import Row
from tests.membership.heard import follow, met, opened

TODAY = clock.today()


def ahead(days: int) -> date:
    """The day so many days from now."""
    return TODAY + timedelta(days=days)


def new(database: Database, vault: Vault, ago: int = 10, **changes: Any) -> UUID:
    """Who joined so many days ago."""
    return member(database, vault, **{"joined_on": ahead(-ago), **changes})


def listed(database: Database, unit: str = "SE") -> list[Row]:
    """The list, read in pages of two."""
    asked: Row = {"unit": unit, "limit": 2, "cursor": None}
    found: list[Row] = []
    with database.reading() as session:
        while True:
            page = welcome.newcomers(session, load(session), asked)
            found += page.items
            if page.next is None:
                return found
            asked["cursor"] = page.next


def test_new_members_come_in_the_order_of_the_nearest_deadline(
    database: Database, vault: Vault
) -> None:
    late, soon, done, unheard, later = (new(database, vault) for _ in range(5))
    follow(
        database,
        opened(later, due_on=ahead(9)),
        opened(late, due_on=ahead(-3)),
        opened(late, "member_education", due_on=ahead(90)),
        opened(soon, "member_education", due_on=ahead(2)),
        met(opened(done), TODAY),
    )

    found = listed(database)

    assert [row["member_id"] for row in found[:3]] == [late, soon, later]
    assert {row["member_id"] for row in found[3:]} == {done, unheard}
    assert [row["due_on"] for row in found] == [ahead(-3), ahead(2), ahead(9), None, None]
    assert found[0]["education"]["due_on"] == ahead(90)


def test_who_joined_long_ago_is_new_while_something_is_owed(
    database: Database, vault: Vault
) -> None:
    owed, done = new(database, vault, 300), new(database, vault, 300)
    introduction = opened(done)
    follow(database, opened(owed), introduction, met(introduction, TODAY))

    assert [row["member_id"] for row in listed(database)] == [owed]


def test_who_left_was_imported_or_is_elsewhere_is_not_listed(
    database: Database, vault: Vault
) -> None:
    here, gone = new(database, vault), new(database, vault)
    new(database, vault, source="import")
    new(database, vault, unit="0114")
    leave(database, gone, TODAY)

    assert [row["member_id"] for row in listed(database, "skane")] == [here]
    assert listed(database, "1281") == []


def test_units_without_a_welcome_officer_are_shown(database: Database, vault: Vault) -> None:
    with database.reading() as session:
        before = welcome.lacking(session, load(session), "1280")
    start(database, assigning(member(database, vault), role="welcome_officer"))
    with database.reading() as session:
        after = welcome.lacking(session, load(session), "1280")

    assert [row.unit for row in before] == ["1280"]
    assert after == []


def free(database: Database, unit: str) -> set[UUID]:
    """The mentors who have nobody."""
    with database.reading() as session:
        return set(welcome.free_mentors(session, load(session), unit))


def test_mentors_of_the_unit_and_below_who_have_nobody_are_free(
    database: Database, vault: Vault
) -> None:
    busy, idle = mentor(database, vault), mentor(database, vault)
    above = mentor(database, vault, unit="skane")
    mentorship, _ = begin(database, mentoring(busy, member(database, vault)))

    assert free(database, "1280") == {idle}
    assert free(database, "skane") == {idle, above}
    assert free(database, "SE") == {idle, above}
    with database.writing() as session:
        mentorships.end(session, mentorship.id, TODAY)
    assert free(database, "1280") == {busy, idle}
