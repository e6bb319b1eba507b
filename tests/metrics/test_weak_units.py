"""Which units are furthest behind, and how a unit stands beside its like."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Invalid
from infra.units import Node, Tree
from services.metrics import counters, likes, placements, targets, weak_units
from services.metrics.counters import Increment
from services.metrics.likes import Standing
from services.metrics.programme import GOALS

DAY = date(2000, 1, 1)
TODAY = date(2025, 7, 2)
BRANCHES = [f"10{n:02}" for n in range(1, 9)]
TREE = Tree(
    [
        Node("SE", "Partiet", "party", None, None, True, DAY),
        Node("ssu", "SSU", "side_organisation", "SE", None, True, DAY),
        Node("north", "Norr", "district", "SE", None, True, DAY),
        *(Node(code, f"Nr {code}", "branch", "north", None, True, DAY) for code in BRANCHES),
        Node("1099", "Stängd", "branch", "north", None, False, DAY),
    ]
)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction on a database with eight branches of 100 to 800 members."""
    with database.writing() as made:
        for n, code in enumerate(BRANCHES, 1):
            count(made, code, "members", date(2020, 1, 1), 100 * n)
        yield made


def count(session: Session, unit: str, measure: str, day: date, amount: int) -> None:
    """Count one fact."""
    increments = [Increment(unit, measure, day, amount)]
    counters.add(session, placements.load(session), increments)


def aim(session: Session, key: str, unit: str, value: float) -> None:
    """Set a target."""
    targets.put(session, GOALS[key], 2025, unit, value, local=False, by="a")


def weak(session: Session, key: str, **asked: Any) -> list[dict[str, Any]]:
    """The weak units."""
    query = {"unit": "north", "level": None, "limit": 10, **asked}
    found: list[dict[str, Any]]
    found = weak_units.weak_units(session, TREE, GOALS[key], query, 2025, TODAY)["units"]
    return found


def test_the_furthest_behind_its_target_comes_first_whatever_its_size(session: Session) -> None:
    for code, target, value in (("1001", 365, 90), ("1002", 3650, 1700), ("1003", 365, 200)):
        aim(session, "members_recruited", code, target)
        count(session, code, "recruited.union", TODAY, value)
    found = [row for row in weak(session, "members_recruited") if row["target"] is not None]
    assert [(r["unit"], r["expected"], r["share_of_expected"], r["status"]) for r in found] == [
        ("1001", 183, 0.4918, "behind"),
        ("1002", 1830, 0.929, "behind"),
    ]
    assert {row["compared_with"] for row in found} == {"target"}


def test_without_a_target_a_unit_is_held_against_the_median_of_its_size(session: Session) -> None:
    count(session, "1001", "conversations.door", TODAY, 10)
    count(session, "1002", "conversations.door", TODAY, 40)
    (found,) = weak(session, "conversations", limit=1)
    # 100 per 1,000 members against 200: the median of the two is 150.
    assert (found["unit"], found["expected"], found["behind_by"]) == ("1001", 15, 0.3333)
    assert (found["compared_with"], found["status"]) == ("like", "no_target")


def test_a_ceiling_is_weak_where_too_many_leave(session: Session) -> None:
    for code, value in (("1001", 30), ("1002", 6), ("1003", 5)):
        aim(session, "members_left", code, 10)
        count(session, code, "left.unpaid", TODAY, value)
    found = weak(session, "members_left")
    assert [(row["unit"], row["status"]) for row in found] == [
        ("1001", "missed"),
        ("1002", "behind"),
    ]


def test_a_level_is_looked_for_in_the_whole_subtree_and_the_limit_holds(session: Session) -> None:
    for code in BRANCHES:
        aim(session, "members_recruited", code, 100)
    assert [row["unit"] for row in weak(session, "members_recruited", unit="SE")] == []
    found = weak(session, "members_recruited", unit="SE", level="municipality", limit=3)
    assert [row["unit"] for row in found] == BRANCHES[:3]


def test_a_unit_that_is_not_there_is_refused(session: Session) -> None:
    with pytest.raises(Invalid):
        weak(session, "conversations", unit="nowhere")
    with pytest.raises(Invalid):
        likes.comparison(session, TREE, GOALS["conversations"], "nowhere", 2025, TODAY)


def test_a_unit_stands_beside_its_quarter_and_its_own_year_before(session: Session) -> None:
    count(session, "1003", "conversations.door", TODAY, 30)
    count(session, "1004", "conversations.door", TODAY, 80)
    count(session, "1003", "conversations.door", date(2024, 7, 2), 7)
    count(session, "1003", "conversations.door", date(2024, 7, 3), 70)
    found = likes.comparison(session, TREE, GOALS["conversations"], "1003", 2025, TODAY)
    assert found["size_class"] == {
        "kind": "branch",
        "number": 2,
        "units": 2,
        "fewest_members": 300,
        "most_members": 400,
    }
    assert (found["value"], found["members"], found["per_1000_members"]) == (30, 300, 100)
    assert (found["median"], found["rank"]) == (150, 2)
    assert found["last_year"] == {"as_of": date(2024, 7, 2), "value": 7}


def test_fewer_leavers_rank_higher(session: Session) -> None:
    count(session, "1003", "left.unpaid", TODAY, 30)
    ranks = [
        likes.comparison(session, TREE, GOALS["members_left"], code, 2025, TODAY)["rank"]
        for code in ("1003", "1004")
    ]
    assert ranks == [2, 1]


def test_the_day_that_no_other_year_has_is_beside_the_last_of_its_month(session: Session) -> None:
    leap = date(2024, 2, 29)
    found = likes.comparison(session, TREE, GOALS["members_total"], "1003", 2024, leap)
    assert found["last_year"] == {"as_of": date(2023, 2, 28), "value": 300}
    assert (found["per_1000_members"], found["compared_by"]) == (None, "value")


def test_without_members_a_unit_has_no_rate_and_no_rank(session: Session) -> None:
    found = likes.comparison(session, TREE, GOALS["conversations"], "1099", 2025, TODAY)
    assert (found["per_1000_members"], found["rank"], found["members"]) == (None, None, 0)


def test_classes_are_as_large_as_they_can_be_alike() -> None:
    units = {str(n): Standing(n, None, None) for n in range(6)}
    assert [list(found) for found in likes.by_size(units)] == [["0", "1"], ["2"], ["3", "4"], ["5"]]
