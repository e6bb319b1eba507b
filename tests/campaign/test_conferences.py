"""The yearly conference: one a year, and who was there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import activities, conferences, planning
from services.campaign.activities import Activity
from services.campaign.wheels import Wheel
from tests.campaign.consulted import NOW, Row, published, registered, sqlite
from tests.campaign.gatherings import plan, planning_of

MAY = datetime(2026, 5, 20, 8, tzinfo=UTC)
DAY = date(2026, 5, 20)
NEXT_YEAR = datetime(2027, 5, 20, 8, tzinfo=UTC)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    database: Database = sqlite(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def conference(session: Session, starts_at: datetime = MAY, **changes: Any) -> Activity:
    """A conference of the party."""
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=8)}
    return plan(session, unit="SE", kind="conference", **times, **changes)


def move(session: Session, activity: Activity, starts_at: datetime) -> None:
    """Another time."""
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=8)}
    locked = activities.get(session, activity.id, lock=True)
    planning.move(session, units.load(session), locked, times)


def attend(session: Session, activity_id: UUID, *codes: str) -> None:
    """These were there."""
    conferences.attend(session, units.load(session), activity_id, codes)


def told(session: Session) -> list[Row]:
    """Who was told to be there."""
    return [data for name, data in published(session) if name == "conference_attended"]


def shown(session: Session, unit: str = "SE", year: int = 2026) -> Row:
    """The conference of a year."""
    return conferences.of_year(session, units.load(session), year, unit)


def test_there_is_one_conference_a_year(session: Session) -> None:
    request = planning_of(unit="SE", kind="conference", starts_at=MAY, ends_at=NOW)
    tree = units.load(session)
    first, _ = planning.plan(session, tree, request)

    again, new = planning.plan(session, tree, request)
    assert (again.id, new) == (first.id, False)
    assert conference(session, NEXT_YEAR).held_on.year == 2027
    with pytest.raises(Conflict):
        conference(session, MAY + timedelta(days=90))


def test_a_cancelled_one_leaves_its_year_to_another(session: Session) -> None:
    activities.cancel(session, conference(session), "no_venue")
    again = conference(session)

    assert shown(session)["activity_id"] == again.id


def test_one_that_moves_takes_the_year_to_which_it_moves(session: Session) -> None:
    moving, other = conference(session), conference(session, NEXT_YEAR)
    with pytest.raises(Conflict), session.begin_nested():
        move(session, moving, NEXT_YEAR + timedelta(days=1))
    move(session, other, NEXT_YEAR.replace(year=2028))
    move(session, moving, NEXT_YEAR + timedelta(days=1))

    assert shown(session, year=2027)["activity_id"] == moving.id
    assert shown(session, year=2028)["activity_id"] == other.id
    with pytest.raises(NotFound):
        shown(session)


def test_each_unit_is_told_once(session: Session) -> None:
    found = conference(session)
    attend(session, found.id, "0001", "norr", "0001")
    attend(session, found.id, "norr", "0003")

    about = {"activity_id": str(found.id), "held_on": "2026-05-20"}
    assert told(session) == [{**about, "unit": unit} for unit in ("0001", "norr", "0003")]


@pytest.mark.parametrize("unit", ["SE", "0001-by", "ssu", "nowhere", "0002"])
def test_who_is_no_open_branch_or_district_is_not_called(session: Session, unit: str) -> None:
    gone = registered("0002", "branch", "norr", open=False, version=2, valid_from=DAY)
    units.copy(session, [gone])
    found = conference(session)
    with pytest.raises(Invalid) as refused:
        attend(session, found.id, "0001", unit)

    assert list(refused.value.errors) == ["units.1"]
    assert told(session) == []


def test_nobody_was_there_before_the_day_or_at_one_that_was_cancelled(session: Session) -> None:
    later, off = conference(session, NEXT_YEAR), conference(session)
    activities.cancel(session, off, "no_venue")
    meeting = plan(session, unit="norr")

    for activity_id in (later.id, off.id):
        with pytest.raises(Conflict):
            attend(session, activity_id, "0001")
    for unknown in (meeting.id, uuid4()):
        with pytest.raises(NotFound):
            attend(session, unknown, "0001")


def test_where_units_have_been_is_not_cancelled(session: Session) -> None:
    found = conference(session)
    attend(session, found.id, "0001")
    with pytest.raises(Conflict):
        activities.cancel(session, found, "no_venue")


def test_it_shows_who_was_there_and_who_was_not_and_what_is_planned_on_it(
    session: Session,
) -> None:
    after = DAY + timedelta(days=1)
    closed = {"open": False, "version": 2}
    units.copy(
        session,
        [
            registered("0002", "branch", "norr", **closed, valid_from=after),
            registered("0004", "branch", "norr", **closed, valid_from=DAY),
        ],
    )
    found = conference(session)
    attend(session, found.id, "0001", "norr", "0003")
    span = {"starts_on": date(2027, 1, 1), "ends_on": date(2027, 12, 31)}
    about = {"unit": "SE", "title": "Årshjul", "phases": [], "created_at": NOW}
    wheel = Wheel(id=uuid4(), **about, **span, conference_id=found.id)
    session.add(wheel)

    assert shown(session) == {
        "year": 2026,
        "activity_id": found.id,
        "held_on": DAY,
        "status": "planned",
        "present": ["0001", "0003", "norr"],
        "absent": ["0002", "syd"],
        "wheels": [wheel.id],
    }
    assert (shown(session, "norr")["present"], shown(session, "norr")["absent"]) == (
        ["0001", "norr"],
        ["0002"],
    )
