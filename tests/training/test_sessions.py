"""Sessions: when, where and for how many they can be, and how they change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from icalendar import Calendar
from sqlalchemy.orm import Session

from infra import clock
from infra.calendar_text import written
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Tree
from services.training import session_calendars, sessions
from services.training.courses import Course
from tests.training.taught import NOW, STARTS, course, plan, planning


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def grund(session: Session, tree: Tree) -> Course:
    """A course."""
    return course(session, tree)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "9999"}, "unit"),
        ({"unit": "0181"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"ends_at": STARTS}, "ends_at"),
        ({"ends_at": STARTS - timedelta(minutes=1)}, "ends_at"),
        ({"ends_at": STARTS + timedelta(days=401)}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"starts_at": None, "starts_on": date(2026, 6, 11)}, "starts_at"),
        ({"starts_on": date(2026, 6, 12)}, "starts_on"),
        ({"mode": "remote"}, "link"),
        ({"mode": "hybrid"}, "link"),
        ({"link": "https://example.se/m"}, "link"),
        ({"place": "skane"}, "place"),
        ({"place": "9999"}, "place"),
        ({"mode": "remote", "link": "https://example.se/m", "place": "1280"}, "place"),
    ],
)
def test_a_session_that_cannot_be_is_refused_by_field(
    session: Session, tree: Tree, grund: Course, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        plan(session, tree, grund, **changes)
    assert list(refused.value.errors) == [field]


def test_a_session_needs_a_course(session: Session, tree: Tree) -> None:
    with pytest.raises(Invalid) as refused:
        sessions.plan(session, tree, planning(uuid4()))
    assert list(refused.value.errors) == ["course_id"]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2026-03-29T01:30+01:00", "2026-03-29T03:00+02:00"),
        ("2026-10-25T02:30+02:00", "2026-10-25T02:15+01:00"),
    ],
    ids=["to summer time", "from summer time"],
)
def test_a_session_over_a_change_of_the_clocks_ends_after_it_starts(
    session: Session, tree: Tree, grund: Course, starts: str, ends: str
) -> None:
    starts_at, ends_at = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    held = plan(session, tree, grund, starts_at=starts_at, ends_at=ends_at)
    assert held.starts_on == starts_at.date()
    assert (held.starts_at, held.ends_at) == (starts_at, ends_at)
    # By the clocks later, in truth half an hour and more before.
    with pytest.raises(Invalid):
        plan(session, tree, grund, starts_at=ends_at, ends_at=starts_at)


def test_a_session_of_400_days_that_begins_at_midnight_in_stockholm_is_planned(
    session: Session, tree: Tree, grund: Course
) -> None:
    starts = datetime(2026, 6, 10, 22, tzinfo=UTC)
    held = plan(session, tree, grund, starts_at=starts, ends_at=starts + timedelta(days=400))
    assert held.starts_on == date(2026, 6, 11)


def test_a_session_of_a_day_has_begun_and_is_over_by_the_day(
    session: Session, tree: Tree, grund: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = {"starts_on": date(2026, 6, 1), "starts_at": None, "ends_at": None}
    held = plan(session, tree, grund, mode="remote", **day)
    assert (held.begun, held.over) == (True, False)
    for hours, begun, over in ((-15, False, False), (10, True, True)):
        monkeypatch.setattr(clock, "now", lambda hours=hours: NOW + timedelta(hours=hours))
        assert (held.begun, held.over) == (begun, over)


def test_a_session_sent_again_is_the_stored_one_also_after_it_was_changed(
    session: Session, tree: Tree, grund: Course
) -> None:
    given = planning(grund.id, id=uuid4(), capacity=5)
    held, new = sessions.plan(session, tree, given)
    assert new
    assert sessions.plan(session, tree, given) == (held, False)
    with pytest.raises(Conflict):
        sessions.plan(session, tree, {**given, "capacity": 6})
    assert sessions.changed(tree, held, {"capacity": 7})
    assert sessions.plan(session, tree, given) == (held, False)
    with pytest.raises(Conflict):
        sessions.plan(session, tree, {**given, "unit": "1281"})


def test_a_change_is_made_once_and_moves_the_day(
    session: Session, tree: Tree, grund: Course
) -> None:
    held = plan(session, tree, grund)
    later = {"starts_at": STARTS + timedelta(days=1), "ends_at": STARTS + timedelta(days=2)}
    assert [sessions.changed(tree, held, later) for _ in range(2)] == [True, False]
    assert (held.starts_on, held.version) == (date(2026, 6, 12), 2)
    with pytest.raises(Invalid):
        sessions.changed(tree, held, {"ends_at": STARTS})
    assert held.version == 2


def test_a_cancelled_session_stays_as_it_is(session: Session, tree: Tree, grund: Course) -> None:
    held = plan(session, tree, grund)
    assert [held.cancel("illness") for _ in range(2)] == [True, False]
    assert not sessions.changed(tree, held, {"capacity": None})
    with pytest.raises(Conflict):
        held.cancel("weather")
    with pytest.raises(Conflict):
        sessions.changed(tree, held, {"capacity": 3})


def test_sessions_are_found_by_unit_course_and_day(
    session: Session, tree: Tree, grund: Course
) -> None:
    soon, later = (
        plan(session, tree, grund, starts_at=at, ends_at=at + timedelta(hours=1))
        for at in (STARTS, STARTS + timedelta(days=5))
    )
    there = plan(session, tree, course(session, tree), unit="0180")

    def found(**changes: Any) -> list[Any]:
        query = {"unit": "SE", "course_id": None, "from_": None, "limit": 10, "cursor": None}
        return list(sessions.listed(session, tree, {**query, **changes}).items)

    assert found(unit="skane") == [soon, later]
    assert found(course_id=there.course_id) == [there]
    assert found(from_=date(2026, 6, 12)) == [later]


def test_there_is_no_unknown_session(session: Session) -> None:
    with pytest.raises(NotFound):
        sessions.get(session, uuid4())


def test_the_calendar_has_the_hours_the_place_and_each_change(
    session: Session, tree: Tree, grund: Course
) -> None:
    held = plan(session, tree, grund, place="1281")
    held.cancel("weather")
    text = written("x", "y", clock.today(), (session_calendars.occasion(tree, held, grund),))
    calendar = Calendar.from_ical(text)
    (event,) = calendar.events
    assert event.start == STARTS
    assert str(event.start.tzinfo) == "Europe/Stockholm"
    assert len(calendar.timezones) == 1
    assert (event.sequence, str(event["STATUS"])) == (2, "CANCELLED")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == ("Grundkurs", "1281")


def test_a_session_of_a_day_is_all_of_it_in_the_calendar(
    session: Session, tree: Tree, grund: Course
) -> None:
    day = {"starts_on": date(2026, 6, 1), "starts_at": None, "ends_at": None}
    held = plan(session, tree, grund, mode="remote", **day)
    found = session_calendars.occasion(tree, held, grund)
    assert (found.starts, found.ends, found.cancelled) == (
        date(2026, 6, 1),
        date(2026, 6, 2),
        False,
    )
