"""Vacancies: which units lack the officers that the programme wants in each."""

from datetime import date
from typing import Any

import pytest

from infra.database import Database
from infra.units import load
from services.membership import assignments, units, vacancies
from services.membership.vault import Vault
from tests.membership.carried import assigning, member, start
from tests.membership.given import small_edition, unit


@pytest.fixture
def small(empty: Database) -> Database:
    """A database with the small edition and a club."""
    with empty.writing() as session:
        edition = [*small_edition(), unit("0001-ssu", "club", "0001")]
        units.load_edition(session, edition, national=False)
    return empty


def vacant(database: Database, unit: str = "SE", **query: Any) -> list[tuple[str, str]]:
    """The vacancies of a unit and all below it, read in pages of two."""
    found: list[tuple[str, str]] = []
    asked = {"unit": unit, "role": None, "limit": 2, "cursor": None, **query}
    with database.reading() as session:
        while True:
            page = vacancies.vacancies(session, load(session), asked)
            found += [(row.unit, row.role) for row in page.items]
            if page.next is None:
                return found
            asked["cursor"] = page.next


def test_each_kind_of_unit_wants_its_own_officers(small: Database) -> None:
    assert vacant(small, "norr") == [
        ("0001", "programme_officer"),
        ("0001", "union_leader"),
        ("0001", "welcome_officer"),
        ("0001-by", "welcome_officer"),
        ("0002", "programme_officer"),
        ("0002", "union_leader"),
        ("0002", "welcome_officer"),
        ("norr", "welcome_officer"),
    ]
    assert len(vacant(small)) == 12


def test_one_role_is_asked_for(small: Database) -> None:
    assert vacant(small, role="union_leader") == [
        (code, "union_leader") for code in ("0001", "0002", "0003")
    ]


def test_who_has_the_role_fills_it_until_the_end(small: Database, vault: Vault) -> None:
    holder = member(small, vault, unit="0003")
    role = {"role": "welcome_officer", "unit": "0003"}
    assignment, _ = start(small, assigning(holder, **role))

    assert ("0003", "welcome_officer") not in vacant(small)
    with small.writing() as session:
        assignments.end(session, assignment.id, date(2024, 9, 1))
    assert ("0003", "welcome_officer") in vacant(small)


def test_a_closed_unit_lacks_nothing(small: Database) -> None:
    with small.writing() as session:
        closing = {"on": date(2025, 3, 1), "open": False, "name": None, "parent": None}
        units.change(session, units.take_turn(session), "0003", closing)

    assert vacant(small, "syd") == [("syd", "welcome_officer")]
