"""Whom to call before they lapse: whose fee is, or soon will be, unpaid."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra import clock
from infra.database import Database
from infra.errors import Invalid
from infra.paging import Page
from services.membership import joins, lapsing, members, rejoining, units
from services.membership.exact_tree import ExactTree
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.given import joining

TODAY = clock.today()


def paid(days: int | None, **changes: Any) -> dict[str, Any]:
    """One who has paid for so many days more."""
    until = None if days is None else TODAY + timedelta(days=days)
    return joining(paid_until=until, **changes)


def join(database: Database, vault: Vault, *requests: dict[str, Any]) -> list[UUID]:
    """Let them join; their ids."""
    with database.writing() as session:
        outcomes = joins.join_all(session, units.take_turn(session), requests, vault)
    assert all(outcome.created for outcome in outcomes)
    return [outcome.id for outcome in outcomes]


def found(database: Database, unit: str = "SE", **query: Any) -> Page[Member]:
    """A page of those who are about to lapse."""
    whole = {"unit": unit, "within": 30, "limit": 100, "cursor": None, **query}
    with database.reading() as session:
        return lapsing.lapsing(session, ExactTree().as_of(session), whole)


def ids(page: Page[Member]) -> list[UUID]:
    """Who is on a page, in order."""
    return [member.id for member in page.items]


def test_who_is_unpaid_or_soon_will_be_is_listed_the_earliest_first(
    database: Database, vault: Vault
) -> None:
    soon, past, last, _, _, today = join(
        database, vault, paid(7), paid(-90), paid(30), paid(31), paid(None), paid(0)
    )

    assert ids(found(database)) == [past, today, soon, last]


@pytest.mark.parametrize(("within", "expected"), [(0, 1), (6, 1), (7, 2), (366, 3)])
def test_how_far_to_look_is_asked_for(
    database: Database, vault: Vault, within: int, expected: int
) -> None:
    join(database, vault, paid(0), paid(7), paid(200))

    assert len(ids(found(database, within=within))) == expected


def test_a_unit_has_those_below_it(database: Database, vault: Vault) -> None:
    malmo, solna = join(database, vault, paid(1), paid(2, unit="0184"))

    assert ids(found(database, "1280")) == ids(found(database, "skane")) == [malmo]
    assert ids(found(database, "0184")) == [solna]
    assert ids(found(database)) == [malmo, solna]
    assert ids(found(database, "0180")) == []


def test_who_has_left_is_not_called(database: Database, vault: Vault) -> None:
    gone, _ = join(database, vault, paid(1), paid(2))

    with database.writing() as session:
        members.leave(session, gone, {"left_on": TODAY, "reason": "unpaid"})

    assert gone not in ids(found(database))


def test_who_is_back_has_nothing_paid_yet(database: Database, vault: Vault) -> None:
    (back,) = join(database, vault, paid(1))
    with database.writing() as session:
        members.leave(session, back, {"left_on": TODAY, "reason": "unpaid"})
        request = {"unit": "1280", "joined_on": TODAY, "source": "digital"}
        rejoining.rejoin(session, units.take_turn(session), back, request)

    assert ids(found(database)) == []


def test_the_list_goes_on_where_the_page_ended(database: Database, vault: Vault) -> None:
    # Many on one day: the id decides among them.
    join(database, vault, *(paid(day % 3) for day in range(25)))
    whole = ids(found(database))

    pieces: list[UUID] = []
    cursor = None
    while True:
        page = found(database, limit=4, cursor=cursor)
        pieces += ids(page)
        cursor = page.next
        if cursor is None:
            break

    assert pieces == whole
    assert len(whole) == 25


@pytest.mark.parametrize("cursor", ["x", "W10", "WyIyMDI2LTAxLTAxIiw1XQ"])
def test_a_cursor_that_was_not_handed_out_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        found(database, cursor=cursor)

    assert set(refused.value.errors) == {"cursor"}


def test_a_fee_may_be_paid_for_any_time_to_come(database: Database, vault: Vault) -> None:
    (member_id,) = join(database, vault, joining(paid_until=date(9999, 12, 31)))

    assert member_id not in ids(found(database, within=366))
