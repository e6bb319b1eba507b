"""Forecasts by a line and by the shape of earlier years, and how sure they are."""

from datetime import date, timedelta

import pytest

from infra.database import Database
from services.metrics import counters, forecasts, placements
from services.metrics.counters import Increment
from services.metrics.forecasts import Forecast, forecast
from services.metrics.programme import GOALS

RECRUITED = GOALS["members_recruited"]
CONVERSATIONS = GOALS["conversations"]
APRIL = date(2025, 4, 1)


def wave(year: int, early: int, late: int) -> dict[date, int]:
    """A year with so much in February and in October."""
    return {date(year, 2, 1): early, date(year, 10, 1): late}


def test_a_line_without_spread_is_sure() -> None:
    steady = {date(2025, 1, 1) + timedelta(days=n): 2 for n in range(91)}
    assert forecast(RECRUITED, steady, 2025, APRIL) == Forecast(730, "line", 730, 730)


def test_a_line_is_the_less_sure_the_more_its_days_vary() -> None:
    every_other = {date(2025, 1, n): 10 for n in (1, 3, 5, 7, 9)}
    found = forecast(RECRUITED, every_other, 2025, date(2025, 1, 10))
    # Of ten days the variance is 250/9: 355 such days, and the mean known from ten.
    spread = 1.96 * (250 / 9 * (355 + 355**2 / 10)) ** 0.5
    low, high = round(1825 - spread, 1), round(1825 + spread, 1)
    assert found == Forecast(1825, "line", low, high)


def test_the_first_day_alone_says_nothing_of_how_sure_it_is() -> None:
    found = forecast(RECRUITED, {date(2025, 1, 1): 3}, 2025, date(2025, 1, 1))
    assert found == Forecast(1095, "line", None, None)


def test_a_low_is_never_below_what_is_there_already() -> None:
    found = forecast(RECRUITED, {date(2025, 1, 5): 1000}, 2025, date(2025, 1, 10))
    assert found.low == 1000


def test_an_earlier_years_shape_shows_what_is_still_to_come() -> None:
    amounts = {**wave(2024, 20, 80), **wave(2025, 30, 0)}
    assert forecast(RECRUITED, amounts, 2025, APRIL) == Forecast(150, "shape", None, None)


def test_earlier_years_that_differ_say_between_what_it_will_be() -> None:
    amounts = {**wave(2023, 30, 70), **wave(2024, 10, 90), **wave(2025, 30, 0)}
    assert forecast(RECRUITED, amounts, 2025, APRIL) == Forecast(150, "shape", 100, 300)


def test_conversations_take_the_shape_of_years_of_their_own_kind() -> None:
    amounts = {**wave(2022, 10, 90), **wave(2025, 50, 50), **wave(2026, 10, 0)}
    assert forecast(CONVERSATIONS, amounts, 2026, date(2026, 4, 1)).value == 100
    assert forecast(RECRUITED, amounts, 2026, date(2026, 4, 1)).value == 33.3


@pytest.mark.parametrize("before", [wave(2024, 0, 80), {date(2024, 2, 1): 0}])
def test_what_had_not_begun_by_this_day_is_no_shape(before: dict[date, int]) -> None:
    assert forecast(RECRUITED, {**before, **wave(2025, 10, 0)}, 2025, APRIL).by == "line"


@pytest.mark.parametrize("year", [2024, 2025])
def test_the_same_day_of_a_leap_year_is_the_same_part_of_it(year: int) -> None:
    amounts = {**wave(2023, 50, 50), date(year, 12, 30): 60}
    found = forecast(RECRUITED, amounts, year, date(year, 12, 30))
    assert found == Forecast(60, "shape", None, None)


@pytest.mark.parametrize("today", [date(2025, 12, 31), date(2026, 7, 1)])
def test_a_year_that_is_over_is_foreseen_as_it_was(today: date) -> None:
    amounts = {**wave(2024, 20, 80), **wave(2025, 30, 5)}
    assert forecast(RECRUITED, amounts, 2025, today) == Forecast(35, "line", 35, 35)


def test_nothing_is_foreseen_of_a_year_that_has_not_begun() -> None:
    assert forecast(RECRUITED, wave(2024, 20, 80), 2025, date(2024, 12, 31)) == Forecast()


def test_a_goal_is_foreseen_from_its_own_units_days(database: Database) -> None:
    with database.writing() as session:
        facts = [("1280", 2024, 20, 80), ("1280", 2025, 30, 0), ("1281", 2024, 90, 10)]
        increments = [
            Increment(unit, "recruited.union", day, amount)
            for unit, *numbers in facts
            for day, amount in wave(*numbers).items()
        ]
        counters.add(session, placements.load(session), increments)
        found = forecasts.of_goal(session, RECRUITED, "1280", 2025, APRIL)
        stock = forecasts.of_goal(session, GOALS["members_total"], "1280", 2025, APRIL)
    assert (found.value, found.by) == (150, "shape")
    assert stock == Forecast()
