"""Deadlines: the month's end clamped, leap years, imports."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.clock import add_months
from services.training.deadlines import deadlines


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2027, 8, 30), 6, date(2028, 2, 29)),
        (date(2027, 8, 29), 6, date(2028, 2, 29)),
        (date(2099, 8, 31), 6, date(2100, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
        (date(2028, 2, 29), 6, date(2028, 8, 29)),
    ],
)
def test_months_are_added_with_the_end_of_the_month_clamped(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 24))
def test_a_deadline_falls_in_the_right_month_and_never_on_a_later_day(
    day: date, months: int
) -> None:
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day <= day.day


def test_a_join_opens_an_introduction_for_a_month_and_education_for_six() -> None:
    found = deadlines(date(2026, 1, 31), imported=False, known_on=date(2026, 2, 1))
    assert found == {
        "digital_introduction": date(2026, 2, 28),
        "member_education": date(2026, 7, 31),
    }


def test_a_join_that_is_told_of_late_keeps_its_own_deadlines() -> None:
    found = deadlines(date(2010, 1, 15), imported=False, known_on=date(2026, 3, 1))
    assert found == {
        "digital_introduction": date(2010, 2, 15),
        "member_education": date(2010, 7, 15),
    }


def test_an_import_gets_no_introduction() -> None:
    found = deadlines(date(2026, 1, 15), imported=True, known_on=date(2026, 3, 1))
    assert found == {"member_education": date(2026, 7, 15)}


@pytest.mark.parametrize(
    ("known_on", "due_on"),
    [
        (date(2026, 7, 15), date(2026, 7, 15)),
        (date(2026, 7, 16), date(2027, 1, 16)),
        (date(2026, 8, 31), date(2027, 2, 28)),
    ],
)
def test_education_of_the_imported_runs_from_the_import_only_where_six_months_are_past(
    known_on: date, due_on: date
) -> None:
    found = deadlines(date(2026, 1, 15), imported=True, known_on=known_on)
    assert found == {"member_education": due_on}
