"""The list of whom to ask has those who may be asked, and nobody who ever was a member."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from infra.database import Database
from services.membership import joins, members, recruiting, units
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.curious import ask, decline, register
from tests.membership.given import joining

DAY = date(2024, 6, 1)


def listed(database: Database, unit: str = "SE", status: str | None = None) -> list[UUID]:
    """Who is on the list, in order."""
    query: dict[str, Any] = {"unit": unit, "status": status, "limit": 100, "cursor": None}
    with database.reading() as session:
        page = recruiting.recruits(session, units.load(session), query)
    return [prospect.id for prospect in page.items]


def former(database: Database, vault: Vault, mark: str, value: str, reason: str) -> Member:
    """One who was a member, and is found by a mark."""
    with database.writing() as session:
        tree = units.take_turn(session)
        member, _ = joins.join(session, tree, joining(email=None, phone=None), vault)
        members.leave(session, member.id, {"left_on": DAY, "reason": reason})
        kind = mark.removesuffix("_mark")
        session.execute(
            text(f"UPDATE member SET {mark} = :mark"), {"mark": vault.index(kind, value)}
        )
    return member


def test_the_list_has_those_who_may_be_asked_the_longest_waiting_first(
    database: Database, vault: Vault
) -> None:
    late = register(database, vault, consent_at=datetime(2024, 5, 1, tzinfo=UTC))
    early = register(database, vault, consent_at=datetime(2024, 4, 1, tzinfo=UTC))
    declined, joined = register(database, vault), register(database, vault)
    decline(database, declined.id, DAY)
    with database.writing() as session:
        tree = units.take_turn(session)
        joins.join(session, tree, joining(prospect_id=joined.id), vault)
    ask(database, late.id, DAY)

    assert listed(database) == [early.id, late.id]
    assert listed(database, status="registered") == [early.id]
    assert listed(database, status="asked") == [late.id]
    assert listed(database, status="declined") == [declined.id]
    assert listed(database, status="joined") == [joined.id]


def test_the_list_is_of_a_unit_and_all_below_it(database: Database, vault: Vault) -> None:
    here, there = register(database, vault), register(database, vault, unit="0114")

    assert listed(database, "skane") == [here.id]
    assert listed(database, "0114") == [there.id]


@pytest.mark.parametrize("reason", ["exclusion", "own_request", "unpaid"])
@pytest.mark.parametrize(
    ("mark", "value"), [("email_mark", "nyfiken@example.se"), ("phone_mark", "0701234567")]
)
def test_who_was_a_member_is_never_on_it(
    database: Database, vault: Vault, mark: str, value: str, reason: str
) -> None:
    register(database, vault, email="Nyfiken@Example.se")
    other = register(database, vault, email="annan@example.se", phone=None)
    assert len(listed(database)) == 2

    former(database, vault, mark, value, reason)

    for status in (None, "registered"):
        assert listed(database, status=status) == [other.id]
    with database.reading() as session:
        tree = units.load(session)
        assert recruiting.not_yet_asked(session, tree) == {"1280": 1}


def test_an_e_mail_address_is_no_telephone_number(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)

    former(database, vault, "email_mark", "0701234567", "exclusion")

    assert listed(database) == [prospect.id]
