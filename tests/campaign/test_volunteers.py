"""Volunteers of a week: told once it is over, and again when something late changes the number."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.units import Units, load
from services.campaign import conversations, volunteers
from services.campaign.late_reports import LateReport
from services.campaign.service import CampaignService
from tests.campaign.campaigning import TODAY, log, made_in, published, registered

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LAST = TODAY - 7 * DAY
"""A day of the week before, 2026-W46."""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of campaign, on a day that stands still."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    made = made_in(tmp_path)
    yield made
    made.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on it."""
    with database.writing() as session:
        yield session


def told(session: Session, now: datetime = NOW) -> dict[str, dict[str, tuple[int, int]]]:
    """Count what is due; by week and unit the volunteers and the version that are published."""
    before = len(published(session, "volunteers_counted"))
    for week in volunteers.due(session, now):
        volunteers.count(session, load(session), week)
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for data in published(session, "volunteers_counted")[before:]:
        of_week = found.setdefault(data["week"], {})
        of_week[data["unit"]] = (data["volunteers"], data["version"])
    return found


def test_a_week_is_told_of_for_each_level_with_each_person_once(session: Session) -> None:
    for unit, by in (("1280", "a"), ("1280-rosengard", "b"), ("1281", "a"), ("0180", "c")):
        log(session, unit=unit, logged_by=by, held_on=LAST)
        log(session, unit=unit, logged_by=by, held_on=LAST - DAY)
    log(session, unit="1280", held_on=LAST)

    assert told(session) == {
        "2026-W46": {
            "SE": (3, 1),
            "skane": (2, 1),
            "1280": (2, 1),
            "1281": (1, 1),
            "stockholms-lan": (1, 1),
            "0180": (1, 1),
        }
    }


def test_a_week_that_is_not_over_is_not_told_of(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sunday = date(2026, 11, 22)
    monkeypatch.setattr(clock, "today", lambda: sunday)
    log(session, logged_by="a", held_on=sunday)

    # Monday begins at 23:00 in UTC; an hour later nobody is at work any more who saw Sunday.
    assert told(session, datetime(2026, 11, 22, 23, 59, tzinfo=UTC)) == {}
    assert set(told(session, datetime(2026, 11, 23, 0, 1, tzinfo=UTC))) == {"2026-W47"}


def test_nothing_is_told_twice(session: Session) -> None:
    log(session, logged_by="a", held_on=LAST)
    told(session)
    log(session, logged_by="a", held_on=LAST)
    log(session, held_on=LAST)

    assert told(session) == told(session) == {}


def test_a_late_report_and_a_void_change_the_number_with_a_higher_version(
    session: Session,
) -> None:
    log(session, logged_by="a", held_on=LAST)
    told(session)
    late = log(session, unit="1281", logged_by="b", held_on=LAST)
    after = told(session)
    conversations.void(session, late, "mistake")

    assert after == {"2026-W46": {"SE": (2, 2), "skane": (2, 2), "1281": (1, 1)}}
    assert told(session) == {"2026-W46": {"SE": (1, 3), "skane": (1, 3), "1281": (0, 2)}}


def test_weeks_that_nobody_counted_are_counted_after_a_pause(session: Session) -> None:
    for weeks in (1, 2, 5):
        log(session, logged_by="a", held_on=TODAY - 7 * weeks * DAY)
    session.query(LateReport).delete()

    assert set(told(session)) == {"2026-W42", "2026-W45", "2026-W46"}
    assert volunteers.due(session, NOW) == []
    assert volunteers.due(session, NOW + 14 * DAY) == [date(2026, 11, 16), date(2026, 11, 23)]


def test_the_week_of_a_new_year_is_the_one_of_iso(session: Session) -> None:
    log(session, logged_by="a", held_on=date(2021, 1, 3))
    log(session, logged_by="b", held_on=date(2020, 12, 28))
    log(session, logged_by="c", held_on=date(2021, 1, 4))

    found = told(session)

    assert {week: of_week["SE"] for week, of_week in found.items()} == {
        "2020-W53": (2, 1),
        "2021-W01": (1, 1),
    }


def test_no_more_than_a_year_of_weeks_is_counted_at_a_time(session: Session) -> None:
    log(session, logged_by="a", held_on=date(2015, 1, 1))

    assert len(volunteers.due(session, NOW)) == volunteers.MOST_WEEKS


def test_a_unit_that_moved_is_counted_where_it_is(session: Session) -> None:
    log(session, unit="1281", logged_by="a", held_on=LAST)
    told(session)
    units.copy(session, [registered("1281", "branch", "stockholms-lan", version=2)])
    log(session, unit="1281", logged_by="b", held_on=LAST)

    assert told(session) == {
        "2026-W46": {"SE": (2, 2), "skane": (0, 2), "stockholms-lan": (2, 1), "1281": (2, 2)}
    }


def test_reports_of_this_week_leave_no_note(session: Session) -> None:
    log(session, logged_by="a", held_on=TODAY)
    log(session, logged_by="a", held_on=date(2026, 11, 16))
    log(session, held_on=LAST)
    assert session.scalars(select(LateReport.week)).all() == []

    log(session, logged_by="a", held_on=date(2026, 11, 15))
    assert session.scalars(select(LateReport.week)).all() == [date(2026, 11, 9)]


@pytest.fixture
def service(database: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The service with its dependencies."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Any = CampaignService()
    made.database, made.units = database, Units()
    return made


def test_the_timer_counts_and_waits_for_a_database_that_is_away(
    service: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        log(session, logged_by="a", held_on=LAST)

    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(volunteers, "count", away)
        service.count_volunteers()
    with database.reading() as session:
        assert published(session, "volunteers_counted") == []
    for _ in range(2):
        service.count_volunteers()
    with database.reading() as session:
        found = published(session, "volunteers_counted")
    assert [data["unit"] for data in found] == ["1280", "SE", "skane"]
