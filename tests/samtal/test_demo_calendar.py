"""The demo's calendar: months, elections, and totals that are spread exactly."""

from datetime import date

import pytest

from samtal.demo import calendar


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 5, 15), 6, date(2026, 11, 15)),
    ],
)
def test_the_end_of_a_month_is_clamped(day: date, months: int, wanted: date) -> None:
    assert calendar.add_months(day, months) == wanted


def test_general_elections_are_every_fourth_year_on_the_second_sunday_of_september() -> None:
    years = [year for year in range(2017, 2032) if calendar.is_election_year(year)]
    assert years == [2018, 2022, 2026, 2030]
    assert calendar.election_day(2018) == date(2018, 9, 9)
    assert calendar.election_day(2022) == date(2022, 9, 11)
    assert calendar.election_day(2026) == date(2026, 9, 13)


@pytest.mark.parametrize("total", [0, 1, 7, 364, 365, 1_600_000])
def test_a_total_is_spread_over_the_days_without_loss(total: int) -> None:
    weights = [calendar.conversation_weight(day) for day in calendar.days_of(2026)]
    parts = calendar.spread(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0


def test_largest_remainder_gives_nobody_a_whole_unit_more_or_less_than_their_part() -> None:
    weights = [3, 1, 1, 2]
    parts = calendar.apportion(10, weights)
    assert parts == [4, 2, 1, 3]
    assert calendar.apportion(0, weights) == [0, 0, 0, 0]


def test_most_conversations_of_an_election_year_come_before_the_election() -> None:
    days = calendar.days_of(2026)
    parts = calendar.spread(100_000, [calendar.conversation_weight(day) for day in days])
    weeks_before = days.index(calendar.election_day(2026)) - 56
    assert sum(parts[weeks_before : weeks_before + 57]) > 50_000
