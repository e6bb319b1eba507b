"""Status and pace, on the edges where a counter changes its word."""

from datetime import date

import pytest

from infra.units import Tree
from services.metrics.goals import value_of
from services.metrics.pace import elapsed, pace
from services.metrics.programme import GOALS, ceiling, is_election_year, own_target
from services.metrics.targets import Aims

RECRUITED = GOALS["members_recruited"]
TOTAL = GOALS["members_total"]
LEFT = GOALS["members_left"]
OFFERED = GOALS["digital_introduction_offered"]
NEXT_YEAR = date(2026, 1, 1)
MIDDLE = date(2025, 7, 2)


@pytest.mark.parametrize(
    ("value", "today", "status"),
    [
        (9_999, NEXT_YEAR, "missed"),
        (10_000, NEXT_YEAR, "met"),
        (9_999, date(2025, 12, 31), "behind"),
        (10_000, date(2025, 1, 1), "met"),
        (5_014, MIDDLE, "on_pace"),
        (5_013, MIDDLE, "behind"),
    ],
)
def test_recruits_meet_their_target_by_equality(value: int, today: date, status: str) -> None:
    assert pace(RECRUITED, value, 10_000, 2025, today).status == status


@pytest.mark.parametrize(
    ("value", "today", "status"),
    [
        (100_000, MIDDLE, "behind"),
        (100_001, MIDDLE, "met"),
        (100_000, NEXT_YEAR, "missed"),
        (100_001, NEXT_YEAR, "met"),
    ],
)
def test_members_must_be_more_than_their_target(value: int, today: date, status: str) -> None:
    assert pace(TOTAL, value, 100_000, 2025, today).status == status


@pytest.mark.parametrize(
    ("value", "today", "status"),
    [
        (0, MIDDLE, "on_pace"),
        (402, MIDDLE, "behind"),
        (801, MIDDLE, "missed"),
        (800, MIDDLE, "behind"),
        (800, NEXT_YEAR, "met"),
        (801, NEXT_YEAR, "missed"),
    ],
)
def test_a_ceiling_is_met_only_at_the_end_of_the_year(value: int, today: date, status: str) -> None:
    assert pace(LEFT, value, 800, 2025, today).status == status


def test_without_a_baseline_or_a_target_no_status_is_guessed() -> None:
    assert pace(LEFT, 5, None, 2025, MIDDLE).status == "no_baseline"
    assert pace(GOALS["conversations"], 5, None, 2026, MIDDLE).status == "no_target"


def test_a_share_is_behind_below_its_target_and_missed_after_the_year() -> None:
    assert pace(OFFERED, 0.99, 1.0, 2025, MIDDLE).status == "behind"
    assert pace(OFFERED, 1.0, 1.0, 2025, MIDDLE).status == "met"
    assert pace(OFFERED, 0.99, 1.0, 2025, NEXT_YEAR).status == "missed"


def test_where_there_is_nothing_to_share_nothing_is_met_or_missed() -> None:
    for today in (MIDDLE, NEXT_YEAR):
        found = pace(OFFERED, None, 1.0, 2025, today)
        assert (found.status, found.gap) == ("no_target", None)


def test_a_goal_counts_the_measures_that_it_names_and_no_others() -> None:
    measures = {"members": 5, "members_young": 3, "left.unpaid": 2, "left.unpaid_twice": 1}
    assert value_of(TOTAL, measures) == 5
    assert value_of(LEFT, measures) == 2
    assert value_of(RECRUITED, {"recruited.union": 1, "recruited.digital": 2, "recruit": 9}) == 3


def test_pace_says_what_was_expected_what_is_missing_and_what_it_takes() -> None:
    found = pace(RECRUITED, 4_000, 10_000, 2025, MIDDLE)
    assert found.expected == 5_013.7
    assert found.gap == 1_013.7
    assert found.rate_needed == round(6_000 / 182, 2)
    assert found.forecast == round(4_000 / 183 * 365, 1)


@pytest.mark.parametrize(
    ("year", "today", "days"),
    [
        (2024, date(2024, 12, 31), (366, 366)),
        (2025, date(2025, 1, 1), (1, 365)),
        (2025, date(2024, 12, 31), (0, 365)),
        (2025, date(2027, 1, 1), (365, 365)),
    ],
)
def test_today_is_an_elapsed_day(year: int, today: date, days: tuple[int, int]) -> None:
    assert elapsed(year, today) == days


def test_the_programme_sets_no_conversations_in_an_election_year() -> None:
    conversations = GOALS["conversations"]
    assert [year for year in range(2017, 2031) if is_election_year(year)] == [
        2018,
        2022,
        2026,
        2030,
    ]
    assert own_target(conversations, 2025) == 200_000
    assert own_target(conversations, 2026) is None


def test_targets_below_the_party_are_none_until_set_but_shares_hold_everywhere() -> None:
    aims = Aims(Tree(()), 2025, [], [], {})
    assert aims.target(RECRUITED, "SE") == 10_000
    assert aims.target(RECRUITED, "skane") is None
    assert aims.target(OFFERED, "1280") == 1.0
    assert aims.baseline(RECRUITED, "SE") == 9_237
    assert aims.baseline(TOTAL, "SE") == 95_000
    assert aims.target(LEFT, "SE") is None


def test_a_ceiling_is_a_fifth_below_its_baseline() -> None:
    assert ceiling(1_000) == 800
    assert ceiling(1_001) == 800
