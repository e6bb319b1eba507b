"""What a nominating committee is shown: mandates that end, candidates, shares of no few."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra import clock
from infra.database import Database
from infra.paging import Page
from infra.units import load
from services.membership import assignments, nominations, willingness
from services.membership.assignments import Assignment
from services.membership.vault import Vault
from tests.membership.carried import assigning, elected, member, start
from tests.membership.given import Row

TODAY = clock.today()
CONSENT = datetime(2024, 6, 1, 12, tzinfo=UTC)
UNION = {"organisation": "Kommunal", "official": False, "consent_at": CONSENT}


def mandates(database: Database, **query: Any) -> Page[Assignment]:
    """The mandates that end."""
    asked: Row = {"unit": "SE", "months": 12, "limit": 100, "cursor": None, **query}
    with database.reading() as session:
        return nominations.mandates(session, load(session), asked)


def holders(database: Database, vault: Vault, unit: str = "SE") -> Row:
    """Who holds elected posts, in shares."""
    with database.reading() as session:
        return nominations.holders(session, load(session), vault, unit, 30)


def candidates(database: Database, unit: str = "SE") -> list[Row]:
    """Who would be elected, by competence."""
    with database.reading() as session:
        return nominations.candidates(session, load(session), unit)


def holder(database: Database, vault: Vault, title: str, **told: Any) -> UUID:
    """A new member with an elected post."""
    found = member(database, vault, **told)
    start(database, elected(found, title=title, unit=told.get("unit", "1280")))
    return found


def hopeful(database: Database, vault: Vault, *competences: str, **changes: Any) -> UUID:
    """A new member who would be elected."""
    found = member(database, vault, competences=list(competences), **changes)
    told = {"tasks": False, "posts": True, "consent_at": CONSENT}
    with database.writing() as session:
        willingness.tell(session, found, told)
    return found


def test_mandates_that_end_within_the_time_are_listed_by_day(
    database: Database, vault: Vault
) -> None:
    one = member(database, vault)
    days = {"A": 40, "B": -5, "C": 400, "D": None}
    for title, ahead in days.items():
        until = None if ahead is None else TODAY + timedelta(days=ahead)
        start(database, elected(one, title=title, mandate_until=until))
    start(database, assigning(one, role="mentor"))

    assert [each.title for each in mandates(database).items] == ["B", "A"]
    assert [each.title for each in mandates(database, months=24).items] == ["B", "A", "C"]
    assert [each.title for each in mandates(database, months=0).items] == ["B"]
    assert mandates(database, unit="1281").items == []
    first = mandates(database, limit=1)
    assert [each.title for each in mandates(database, cursor=first.next).items] == ["A"]


def test_a_mandate_that_was_left_does_not_end_again(database: Database, vault: Vault) -> None:
    request = elected(member(database, vault), mandate_until=TODAY)
    assignment, _ = start(database, request)
    with database.writing() as session:
        assignments.end(session, assignment.id, date(2024, 9, 1))

    assert mandates(database).items == []


def test_candidates_are_willing_members_by_competence(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = hopeful(database, vault, "ekonomi", "juridik")
    other = hopeful(database, vault, "ekonomi")
    hopeful(database, vault, "ekonomi", unit="0114")
    member(database, vault, competences=["ekonomi"])

    found = {row["competence"]: row for row in candidates(database, "skane")}
    monkeypatch.setattr(nominations, "MOST", 1)
    few = candidates(database, "skane")[0]

    assert set(found["ekonomi"]["member_ids"]) == {both, other}
    assert found["juridik"] == {"competence": "juridik", "members": 1, "member_ids": [both]}
    assert (few["members"], len(few["member_ids"])) == (2, 1)


def born(years: int) -> date:
    """A day on which who is as old today was born."""
    return clock.add_months(TODAY, -12 * years)


def test_shares_are_of_all_who_hold_an_elected_post_once(database: Database, vault: Vault) -> None:
    for number in range(6):
        young = holder(database, vault, f"Y{number}", birth_date=born(29), union=UNION)
        holder(database, vault, f"O{number}", birth_date=born(30), union=None)
    start(database, elected(young, title="Z"))

    assert holders(database, vault) == {"members": 12, "young": 0.5, "union": 0.5}
    assert holders(database, vault, "1281") == {"members": 0, "young": None, "union": None}


@pytest.mark.parametrize(("few", "many"), [(4, 8), (8, 4), (0, 8)])
def test_no_share_tells_of_fewer_than_five_nor_of_all_but_so_few(
    database: Database, vault: Vault, few: int, many: int
) -> None:
    for number in range(few):
        holder(database, vault, f"A{number}", birth_date=born(20), union=UNION)
    for number in range(many):
        holder(database, vault, f"B{number}", birth_date=None, union=None)

    assert holders(database, vault) == {"members": few + many, "young": None, "union": None}


def test_a_share_is_told_in_tenths(database: Database, vault: Vault) -> None:
    for number in range(5):
        holder(database, vault, f"A{number}", birth_date=born(20))
    for number in range(7):
        holder(database, vault, f"B{number}", birth_date=born(40))

    assert holders(database, vault)["young"] == 0.4
