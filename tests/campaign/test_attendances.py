"""Attendance: members once each, guests as a number, sent again or added to."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid
from services.campaign import activities
from tests.campaign.gatherings import (
    ANNA,
    BO,
    CILLA,
    NOW,
    Row,
    came,
    embedded,
    past,
    plan,
    published,
)

WEEK: Row = {
    "kind": "campaign_week",
    "starts_at": datetime(2026, 5, 28, 6, tzinfo=UTC),
    "ends_at": datetime(2026, 6, 4, 18, tzinfo=UTC),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that all tests here share, and leave as it was."""
    database = embedded(tmp_path_factory.mktemp("campaign"))
    yield database
    database.close()


@pytest.fixture
def session(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A transaction that comes to nothing, on a day in summer."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with database.writing() as session:
        yield session
        session.rollback()


def counted(session: Session) -> list[Any]:
    """The versions, members and guests of what was told to be held."""
    held = [data for name, data in published(session) if name == "activity_held"]
    return [(data["version"], data["members"], data["guests"]) for data in held]


def attended(session: Session) -> list[str]:
    """Who was told to have been there, in order."""
    return [data["member_id"] for name, data in published(session) if name == "activity_attended"]


def test_an_attendance_makes_an_activity_held(session: Session) -> None:
    activity = plan(session, **past())

    came(session, activity, ANNA, guests=3)

    (_, planned), (first, held), (second, attendance) = published(session)
    assert (first, second) == ("activity_held", "activity_attended")
    assert held == {**planned, "members": 1, "guests": 3, "version": 2}
    assert attendance == {
        "activity_id": str(activity.id),
        "member_id": str(ANNA),
        "unit": "1280",
        "held_on": "2026-05-31",
    }


def test_to_be_held_nobody_needs_to_come(session: Session) -> None:
    activity = plan(session, **past())

    came(session, activity)
    came(session, activity)

    assert (activity.status, counted(session)) == ("held", [(2, 0, 0)])


def test_members_are_added_and_guests_replaced(session: Session) -> None:
    activity = plan(session, **past())

    came(session, activity, ANNA, ANNA, BO, guests=5)
    came(session, activity, BO, CILLA, guests=4)
    came(session, activity, ANNA)
    came(session, activity, CILLA, BO, guests=4)

    assert counted(session) == [(2, 2, 5), (3, 3, 4)]
    assert attended(session) == [str(member) for member in (ANNA, BO, CILLA)]


def test_the_day_is_one_of_the_activitys_own(session: Session) -> None:
    activity = plan(session, **WEEK)

    for day in (date(2026, 5, 27), date(2026, 6, 5), date(2026, 6, 2)):
        with pytest.raises(Invalid) as caught:
            came(session, activity, ANNA, held_on=day)
        assert set(caught.value.errors) == {"held_on"}

    came(session, activity, ANNA, held_on=date(2026, 5, 30))
    assert [data["held_on"] for _, data in published(session)] == [
        "2026-05-28",
        "2026-05-30",
        "2026-05-30",
    ]


def test_the_first_attendance_says_the_day(session: Session) -> None:
    activity = plan(session, **WEEK)
    came(session, activity, ANNA, held_on=date(2026, 5, 30))

    with pytest.raises(Conflict):
        came(session, activity, BO, held_on=date(2026, 5, 31))

    came(session, activity, BO)
    assert counted(session) == [(2, 1, 0), (3, 2, 0)]


def test_nobody_was_at_what_is_yet_to_come(session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        came(session, plan(session), ANNA)
    assert set(caught.value.errors) == {"held_on"}


def test_nobody_was_at_what_was_cancelled(session: Session) -> None:
    activity = plan(session, **past())
    activities.cancel(session, activity, "weather")

    with pytest.raises(Conflict):
        came(session, activity, ANNA)


def test_a_thousand_come_at_once(session: Session) -> None:
    activity = plan(session, **past())

    came(session, activity, *(uuid4() for _ in range(1000)))

    assert counted(session) == [(2, 1000, 0)]
    assert len(set(attended(session))) == 1000
