"""Goals over time: what each day, week and month shows, on the edges of years."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Invalid
from infra.units import Node, Tree
from services.metrics import counters, placements, series, targets
from services.metrics.counters import Increment
from services.metrics.programme import GOALS

TODAY = date(2026, 2, 3)
TREE = Tree(
    [
        Node("SE", "Partiet", "party", None, None, True, date(2000, 1, 1)),
        Node("1280", "Malmö", "branch", "SE", None, True, date(2000, 1, 1)),
    ]
)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction on an empty database."""
    with database.writing() as made:
        yield made


def count(session: Session, *facts: tuple[str, str, int], unit: str = "1280") -> None:
    """Count (measure, day, amount)."""
    increments = [
        Increment(unit, measure, date.fromisoformat(day), amount) for measure, day, amount in facts
    ]
    counters.add(session, placements.load(session), increments)


def points(
    session: Session, key: str, first: str, last: str, step: str = "day", unit: str = "1280"
) -> list[dict[str, Any]]:
    """The points of one series."""
    span = (date.fromisoformat(first), date.fromisoformat(last), step)
    found: list[dict[str, Any]]
    found = series.series(session, TREE, GOALS[key], unit, span, TODAY)["points"]
    return found


def test_a_flow_has_each_days_sum_and_the_years_running_total(session: Session) -> None:
    count(
        session,
        ("conversations.door", "2025-12-01", 40),
        ("conversations.door", "2025-12-31", 2),
        ("conversations.phone", "2025-12-31", 3),
        ("conversations.door", "2026-01-02", 7),
        ("recruited.digital", "2026-01-02", 99),
    )
    found = points(session, "conversations", "2025-12-30", "2026-01-02")
    assert [(p["label"], p["value"], p["total"]) for p in found] == [
        ("2025-12-30", 0, 40),
        ("2025-12-31", 5, 45),
        ("2026-01-01", 0, 0),
        ("2026-01-02", 7, 7),
    ]


def test_a_stock_carries_on_from_the_years_before_and_stops_today(session: Session) -> None:
    count(
        session,
        ("members", "2019-05-05", 10),
        ("members", "2026-02-02", -1),
        ("members", "2026-02-05", 3),
    )
    found = points(session, "members_total", "2026-02-01", "2026-02-06")
    assert [p["value"] for p in found] == [10, 9, 9, None, None, None]
    week = points(session, "members_total", "2026-02-02", "2026-02-08", "week")
    assert [p["value"] for p in week] == [9]


def test_a_share_tells_what_was_due_and_on_time(session: Session) -> None:
    count(
        session,
        ("member_education.due", "2026-01-05", 3),
        ("member_education.on_time", "2026-01-05", 2),
    )
    found = points(session, "member_education_offered", "2026-01-01", "2026-02-28", "month")
    assert [(p["label"], p["due"], p["on_time"], p["value"]) for p in found] == [
        ("2026-01", 3, 2, 0.666667),
        ("2026-02", 0, 0, None),
    ]
    assert [p["expected"] for p in found] == [1, 1]


def test_weeks_are_iso_weeks_clipped_to_the_days_asked_for() -> None:
    steps = series.cut(date(2026, 12, 30), date(2027, 1, 5), "week")
    assert [(s.label, s.first.isoformat(), s.last.isoformat()) for s in steps] == [
        ("2026-W53", "2026-12-30", "2027-01-03"),
        ("2027-W01", "2027-01-04", "2027-01-05"),
    ]


def test_months_know_leap_years() -> None:
    steps = series.cut(date(2024, 2, 10), date(2024, 3, 1), "month")
    assert [(s.label, s.first.day, s.last.day) for s in steps] == [
        ("2024-02", 10, 29),
        ("2024-03", 1, 1),
    ]


def test_the_target_to_date_stands_beside_also_for_days_to_come(session: Session) -> None:
    targets.put(session, GOALS["members_recruited"], 2026, "1280", 365, local=False, by="a")
    found = points(session, "members_recruited", "2025-12-31", "2026-12-31", "month")
    assert [p["expected"] for p in found[:3]] == [None, 31, 59]
    assert (found[-1]["expected"], found[-1]["value"]) == (365, None)


def test_ten_years_of_days_are_answered_and_a_day_too_many_is_refused(session: Session) -> None:
    first = date(2015, 1, 1)
    last = first + timedelta(days=series.MOST_POINTS - 1)
    assert len(points(session, "conversations", str(first), str(last))) == series.MOST_POINTS
    with pytest.raises(Invalid) as refused:
        series.cut(first, last + timedelta(days=1), "day")
    assert str(series.MOST_POINTS) in str(refused.value.errors)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        series.cut(date(2026, 1, 2), date(2026, 1, 1), "day")
    assert list(refused.value.errors or {}) == ["from"]


def test_the_last_day_that_there_is_ends_a_series() -> None:
    assert [s.label for s in series.cut(date(2100, 12, 31), date(2100, 12, 31), "month")] == [
        "2100-12"
    ]


def test_a_series_as_csv_has_a_line_a_point(session: Session) -> None:
    count(session, ("conversations.door", "2026-01-02", 7))
    span = (date(2026, 1, 1), date(2026, 1, 2), "day")
    found = series.series(session, TREE, GOALS["conversations"], "1280", span, TODAY)
    assert series.as_csv(found).decode().split("\r\n") == [
        "label,from,to,value,total,due,on_time,expected",
        "2026-01-01,2026-01-01,2026-01-01,0,0,,,",
        "2026-01-02,2026-01-02,2026-01-02,7,7,,,",
        "",
    ]
