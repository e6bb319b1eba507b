"""Who leaves and comes back is one member again, and one recruited unless it was the same year."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import migrate
from infra.database import Database
from services.metrics import counters
from tests.metrics.feeds import Metrics

UNITS = ("SE", "north", "1001", "1002")
PARENTS = (None, "SE", "north", "north")

JOINED = ("member_joined", {"unit": "1001", "joined_on": "2023-02-01", "source": "digital"})
LEFT = ("member_left", {"unit": "1001", "left_on": "2024-03-01", "reason": "unpaid"})
SOON = {"unit": "1002", "joined_on": "2024-06-01", "source": "recruiter"}
SOON_BACK = ("member_joined", {**SOON, "rejoined": True, "previous_left_on": "2024-03-01"})
LATE = {"unit": "1002", "joined_on": "2025-01-01", "source": "recruiter"}
LATE_BACK = ("member_joined", {**LATE, "rejoined": True, "previous_left_on": "2024-03-01"})
LEFT_AGAIN = ("member_left", {"unit": "1002", "left_on": "2025-01-01", "reason": "own_request"})

Fact = tuple[str, dict[str, Any]]


def registered(code: str, parent: str | None) -> Fact:
    """A unit."""
    about = {"code": code, "name": code, "kind": "branch", "parent": parent, "population": None}
    return "unit_registered", {**about, "open": True, "version": 1, "valid_from": "2020-01-01"}


def counted(database: Database, facts: list[Fact], *years: int) -> list[dict[str, dict[str, int]]]:
    """What is counted in each of the years, by unit, once the facts are handled."""
    metrics = Metrics(database)
    for code, parent in zip(UNITS, PARENTS, strict=True):
        metrics.feeds["membership"].publish(*registered(code, parent))
    for fact in facts:
        metrics.feeds["membership"].publish(*fact)
    metrics.deliver()
    with database.reading() as session:
        found = [counters.years(session, UNITS, year) for year in years]
    return [
        {unit: {name: n for name, n in of.items() if n} for unit, of in year.items()}
        for year in found
    ]


def test_who_comes_back_in_the_year_of_the_leave_is_a_member_but_not_recruited(
    database: Database,
) -> None:
    (year,) = counted(database, [JOINED, LEFT, SOON_BACK], 2024)

    assert year == {
        "SE": {"members": 1, "left.unpaid": 1},
        "north": {"members": 1, "left.unpaid": 1},
        "1001": {"left.unpaid": 1},
        "1002": {"members": 1},
    }


def test_who_comes_back_in_a_later_year_is_recruited_anew(database: Database) -> None:
    before, after = counted(database, [JOINED, LEFT, LATE_BACK], 2024, 2025)

    assert before["SE"] == before["1001"] == {"left.unpaid": 1}
    assert after["1002"] == after["SE"] == {"members": 1, "recruited.recruiter": 1}
    assert after["1001"] == {}


def test_who_leaves_again_is_counted_as_often_as_it_happened(database: Database) -> None:
    (year,) = counted(database, [JOINED, LEFT, SOON_BACK, LEFT_AGAIN], 2025)

    assert year["SE"] == year["1002"] == {"left.own_request": 1}


@settings(max_examples=24, deadline=None)
@given(st.permutations([JOINED, LEFT, LATE_BACK, LEFT_AGAIN]))
def test_any_order_counts_the_same(
    tmp_path_factory: pytest.TempPathFactory, facts: list[Fact]
) -> None:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('any')}/metrics.db", "metrics")
    migrate.upgrade(database.engine, "metrics")

    of_2023, of_2024, of_2025 = counted(database, facts, 2023, 2024, 2025)

    database.close()
    assert of_2023["SE"] == {"members": 1, "recruited.digital": 1}
    assert of_2024["SE"] == {"left.unpaid": 1}
    assert of_2025["SE"] == {"recruited.recruiter": 1, "left.own_request": 1}
