"""Activities are planned, moved, held, cancelled and evaluated by rules of their own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import activities, activity_kinds, areas, planning
from services.campaign.activities import Activity
from tests.campaign.gatherings import (
    ANNA,
    NOW,
    Row,
    came,
    embedded,
    past,
    plan,
    planning_of,
    published,
)
from tests.campaign.mapped import drawing

EVALUATION = {"grade": 4, "worked": "Fikat.", "improve": None}
ALL = {"unit": "SE", "kind": None, "status": None, "held_from": None, "held_to": None}
PAGE = {"limit": 100, "cursor": None}


def at(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text)


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


def refused(session: Session, **changes: Any) -> dict[str, list[str]]:
    """The fields at fault."""
    with pytest.raises(Invalid) as caught:
        plan(session, **changes)
    return caught.value.errors


def listed(session: Session, **query: Any) -> list[Activity]:
    """The activities that a query finds."""
    page = activities.listed(session, units.load(session), {**ALL, **PAGE, **query})
    return list(page.items)


def test_a_planned_activity_is_told_of(session: Session) -> None:
    activity = plan(session)

    told = {
        "activity_id": str(activity.id),
        "unit": "1280",
        "kind": "theme_meeting",
        "mode": "physical",
        "open": True,
        "held_on": "2026-06-02",
        "members": 0,
        "guests": 0,
        "version": 1,
    }
    assert published(session) == [("activity_planned", told)]


def test_the_same_request_again_is_the_stored_activity_even_when_it_was_moved(
    session: Session,
) -> None:
    tree, request = units.load(session), planning_of(leader={"group": "church"}, partners=["abf"])
    activity = plan(session, **request)
    later = {"starts_at": None, "ends_at": at("2026-06-02T19:00:00+00:00")}
    planning.move(session, tree, activity, later)

    again, new = planning.plan(session, tree, request)

    assert (again.id, new, again.version) == (activity.id, False, 2)
    with pytest.raises(Conflict):
        planning.plan(session, tree, {**request, "title": "Vården i Malmö"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "no_such_kind"}, "kind"),
        ({"unit": "9999"}, "unit"),
        ({"unit": "1281"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"entry_id": UUID(int=7)}, "entry_id"),
        ({"kind": "conference"}, "unit"),
        ({"ends_at": at("2026-06-02T16:00:00+00:00")}, "ends_at"),
        ({"ends_at": at("2026-06-02T15:59:59+00:00")}, "ends_at"),
        ({"ends_at": at("2027-07-07T16:00:00+00:00")}, "ends_at"),
        ({"ends_at": at("2026-06-16T22:00:00+00:00")}, "ends_at"),
        ({"link": "https://mote.example.se"}, "link"),
        ({"mode": "remote"}, "link"),
        ({"mode": "hybrid"}, "link"),
        ({"kind": "decision_meeting", "open": True}, "open"),
        ({"open": False}, "closed_reason"),
        ({"closed_reason": "Fullt."}, "closed_reason"),
        ({"areas": [ANNA]}, "areas"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_what_cannot_be_is_refused_by_name(session: Session, changes: Row, field: str) -> None:
    assert set(refused(session, **changes)) == {field}
    assert published(session) == []


def test_the_areas_of_an_evening_are_the_units_own_or_of_one_below_it(session: Session) -> None:
    tree = units.load(session)
    own, above = (
        areas.create(session, tree, drawing(unit=unit))[0].id for unit in ("1280", "skane")
    )
    evening = {"kind": "door_knocking", "areas": [own]}

    assert plan(session, **evening).areas == plan(session, unit="skane", **evening).areas
    for unheard_of in (above, ANNA):
        assert set(refused(session, **{**evening, "areas": [own, unheard_of]})) == {"areas"}


def test_a_decision_meeting_is_closed_and_others_with_a_reason(session: Session) -> None:
    assert not plan(session, kind="decision_meeting").open
    assert not plan(session, open=False, closed_reason="Lokalen är liten.").open
    assert plan(session, kind="social").open


def test_a_fortnight_is_the_longest_that_an_activity_lasts(session: Session) -> None:
    activity = plan(session, ends_at=at("2026-06-16T21:59:00+00:00"))

    assert activity.ends_at - activity.starts_at > timedelta(days=14)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "hours"),
    [
        # At two the clock is three, and at three it is two.
        ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", 1),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", 1),
        ("2026-10-17T12:00:00+02:00", "2026-10-31T12:00:00+01:00", 14 * 24 + 1),
    ],
)
def test_across_a_change_of_summer_time_instants_decide(
    session: Session, starts_at: str, ends_at: str, hours: int
) -> None:
    activity = plan(session, starts_at=at(starts_at), ends_at=at(ends_at))

    assert activity.ends_at - activity.starts_at == timedelta(hours=hours)
    assert activity.starts_at.tzinfo == UTC
    assert activity.held_on == date.fromisoformat(starts_at[:10])


def test_the_end_may_not_come_first_whatever_the_clock_on_the_wall_says(session: Session) -> None:
    backwards = {
        "starts_at": at("2026-10-25T02:10:00+01:00"),
        "ends_at": at("2026-10-25T02:50:00+02:00"),
    }

    assert set(refused(session, **backwards)) == {"ends_at"}


def test_the_day_is_the_one_in_stockholm(session: Session) -> None:
    late = {
        "starts_at": at("2026-06-02T22:30:00+00:00"),
        "ends_at": at("2026-06-02T23:00:00+00:00"),
    }

    assert plan(session, **late).held_on == date(2026, 6, 3)


def test_an_activity_is_moved_while_it_is_planned(session: Session) -> None:
    tree, activity = units.load(session), plan(session)
    later = {
        "starts_at": at("2026-06-09T18:00:00+02:00"),
        "ends_at": at("2026-06-09T20:00:00+02:00"),
    }

    planning.move(session, tree, activity, later)
    planning.move(session, tree, activity, later)

    (_, first), (name, moved) = published(session)
    assert name == "activity_planned"
    assert moved == {**first, "held_on": "2026-06-09", "version": 2}
    activities.cancel(session, activity, "weather")
    with pytest.raises(Conflict):
        planning.move(session, tree, activity, {**later, "ends_at": at("2026-06-09T21:00:00Z")})


def test_an_activity_is_not_moved_past_its_end(session: Session) -> None:
    tree, activity = units.load(session), plan(session)
    later = {"starts_at": at("2026-06-02T18:00:00Z"), "ends_at": None}

    with pytest.raises(Invalid) as caught:
        planning.move(session, tree, activity, later)

    assert set(caught.value.errors) == {"ends_at"}


def test_a_cancelled_activity_stays_cancelled_for_its_reason(session: Session) -> None:
    activity = plan(session)

    activities.cancel(session, activity, "weather")
    activities.cancel(session, activity, "weather")

    assert [(name, data["version"]) for name, data in published(session)] == [
        ("activity_planned", 1),
        ("activity_cancelled", 2),
    ]
    with pytest.raises(Conflict):
        activities.cancel(session, activity, "no_venue")


def test_a_held_activity_is_not_cancelled(session: Session) -> None:
    activity = plan(session, **past())
    came(session, activity)

    with pytest.raises(Conflict):
        activities.cancel(session, activity, "weather")


def test_what_was_held_is_evaluated_once(session: Session) -> None:
    activity = plan(session, **past())
    with pytest.raises(Conflict):
        activity.evaluate(EVALUATION)
    came(session, activity)

    activity.evaluate(EVALUATION)
    activity.evaluate(EVALUATION)

    assert (activity.grade, activity.worked, activity.improve) == (4, "Fikat.", None)
    with pytest.raises(Conflict):
        activity.evaluate({**EVALUATION, "grade": 5})


def test_activities_are_listed_by_unit_kind_status_and_day(session: Session) -> None:
    first = plan(session, **past())
    second = plan(session, kind="social")
    third = plan(session, unit="skane", starts_at=at("2026-06-02T15:00:00+00:00"))
    activities.cancel(session, third, "other")
    day = date(2026, 6, 2)

    assert listed(session, unit="1280") == [first, second]
    assert listed(session, kind="social") == [second]
    assert listed(session, status="cancelled") == [third]
    assert listed(session, held_to=day - timedelta(days=1)) == [first]
    assert set(listed(session, held_from=day, held_to=day)) == {second, third}


def test_what_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        activities.get(session, uuid4(), lock=True)


def test_the_party_adds_kinds(session: Session) -> None:
    added = {"word": "book_circle", "label": "Bokcirkel"}

    assert activity_kinds.add(session, added)[1]
    assert not activity_kinds.add(session, added)[1]
    assert plan(session, kind="book_circle").kind == "book_circle"
    assert published(session)[0][1]["kind"] == "book_circle"
    with pytest.raises(Conflict):
        activity_kinds.add(session, {**added, "label": "Läsecirkel"})


def test_the_list_begins_with_the_kinds_of_the_contract(session: Session) -> None:
    found = activity_kinds.listed(session, PAGE).items

    assert len(found) == 18
    assert found[0].word == "argument_training"
