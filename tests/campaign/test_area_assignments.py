"""Who has an area: one at a time, until it is released or its time is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.database import Database
from infra.errors import Conflict, Invalid
from services.campaign import area_assignments, areas
from tests.campaign.mapped import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    asking,
    assign,
    at,
    done,
    drawn,
    holder,
    made,
    names_published,
    published,
    release,
)

MEMBER = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of campaign; it is NOW."""
    made_here = made(tmp_path)
    at(monkeypatch, NOW)
    yield made_here
    made_here.close()


@pytest.fixture
def area_id(database: Database) -> UUID:
    """An area that nobody has had."""
    return drawn(database)


def had(database: Database, area_id: UUID, instant: datetime) -> UUID | None:
    """The assignment in which the area was at an instant."""
    with database.reading() as session:
        found = area_assignments.at(session, area_id, instant)
    return found.id if found else None


def faults(database: Database, area_id: UUID, **changes: Any) -> dict[str, list[str]]:
    """The fields that are wrong."""
    with pytest.raises(Invalid) as raised:
        assign(database, area_id, **changes)
    return raised.value.errors


def test_an_area_is_given_to_somebody_and_nobody_is_told_to_whom(
    database: Database, area_id: UUID
) -> None:
    assignment, new = assign(database, area_id, until=NOW + HOUR - MINUTE, mode="tally")

    assert new
    assert holder(database, area_id).assignee == "volontär 7"
    assert (assignment.unit, assignment.round, assignment.assigned_at) == ("1280", 1, NOW)
    told = {
        "area_id": str(area_id),
        "unit": "1280",
        "assignment_id": str(assignment.id),
        "mode": "tally",
        "round": 1,
        "until": "2026-03-02T16:59:00Z",
    }
    assert published(database) == [("area_assigned", told)]


def test_while_somebody_has_an_area_another_is_told_until_when_and_not_who(
    database: Database, area_id: UUID
) -> None:
    assign(database, area_id)

    with pytest.raises(Conflict) as raised:
        assign(database, area_id, assignee="volontär 8")

    assert raised.value.detail == "Somebody has the area until 2026-03-02T19:00:00.000000Z."
    assert names_published(database) == ["area_assigned", "area_expiring"]


def test_an_assignment_sent_again_is_the_one_that_is_stored(
    database: Database, area_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asking()
    assign(database, area_id, **request)
    elsewhere = drawn(database, 1)
    for instant in (NOW, NOW + DAY):
        at(monkeypatch, instant)
        assert not assign(database, area_id, **request)[1]
        with pytest.raises(Conflict):
            assign(database, area_id, **{**request, "mode": "tally", "until": NOW + 2 * DAY})
        with pytest.raises(Conflict):
            assign(database, elsewhere, **{**request, "until": NOW + 2 * DAY})
    assert holder(database, elsewhere) is None
    assert names_published(database) == ["area_assigned", "area_expiring"]


def test_until_may_be_told_in_any_zone(database: Database, area_id: UUID) -> None:
    request = asking(until=(NOW + 2 * HOUR).astimezone(timezone(timedelta(hours=9))))
    assign(database, area_id, **request)

    assert holder(database, area_id).until == NOW + 2 * HOUR
    assert not assign(database, area_id, **request)[1]


@pytest.mark.parametrize(
    ("until", "message"),
    [
        (NOW, "The instant is past."),
        (NOW - MINUTE, "The instant is past."),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "The instant is past."),
        (NOW + 90 * DAY + MINUTE, "More than 90 days away."),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-14 * HOUR)), "More than 90 days away."),
    ],
)
def test_an_end_in_the_past_or_too_far_away_is_refused(database, area_id, until, message):
    assert faults(database, area_id, until=until) == {"until": [message]}
    assert holder(database, area_id) is None


def test_an_area_is_had_for_ninety_days_at_the_most(database: Database, area_id: UUID) -> None:
    assert assign(database, area_id, until=NOW + 90 * DAY)[1]


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (HOUR - MINUTE, ["area_assigned"]),
        (HOUR, ["area_assigned", "area_expiring"]),
        (DAY, ["area_assigned", "area_expiring"]),
        (DAY + MINUTE, ["area_assigned"]),
    ],
)
def test_who_has_an_area_for_a_day_at_most_is_reminded_at_once(database, area_id, span, told):
    assignment, _ = assign(database, area_id, until=NOW + span)

    assert names_published(database) == told
    assert assignment.remind_at == (NOW + MINUTE if span > DAY else None)


def test_an_area_is_free_at_the_very_instant_and_its_return_is_told_by_the_next(
    database: Database, area_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = assign(database, area_id)
    at(monkeypatch, first.until - timedelta(microseconds=1))
    assert holder(database, area_id) is not None
    at(monkeypatch, first.until)
    assert holder(database, area_id) is None

    second, _ = assign(database, area_id, assignee="volontär 8", until=first.until + DAY)

    told = published(database, "area_released")
    assert [(data["assignment_id"], data["reason"]) for _, data in told] == [
        (str(first.id), "expired")
    ]
    assert holder(database, area_id).id == second.id
    assert had(database, area_id, first.until - MINUTE) == first.id
    assert had(database, area_id, first.until) == second.id


def test_an_area_is_given_back_early_once(
    database: Database, area_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment, _ = assign(database, area_id, until=NOW + 3 * DAY)
    at(monkeypatch, NOW + HOUR)

    released, new = release(database, area_id, reason="done")
    at(monkeypatch, NOW + 2 * HOUR)
    again = [
        release(database, area_id, reason="done", assignment_id=named)
        for named in (None, assignment.id)
    ]

    assert new
    assert (released.ended_at, released.end_reason) == (NOW + HOUR, "released")
    assert released.remind_at is None
    assert [(each.ended_at, new) for each, new in again] == [(NOW + HOUR, False)] * 2
    ((_, told),) = published(database, "area_released")
    assert told == {
        "area_id": str(area_id),
        "unit": "1280",
        "assignment_id": str(assignment.id),
        "mode": "visits",
        "round": 1,
        "reason": "released",
    }
    with pytest.raises(Conflict):
        release(database, area_id, reason="unfinished")
    assert assign(database, area_id, assignee="volontär 8")[1]


def test_a_release_sent_late_leaves_alone_who_has_the_area_since(
    database: Database, area_id: UUID
) -> None:
    first, _ = assign(database, area_id)
    release(database, area_id)
    second, _ = assign(database, area_id)

    assert not release(database, area_id, assignment_id=first.id)[1]
    assert holder(database, area_id).id == second.id


def test_what_is_over_or_never_was_is_not_given_back(
    database: Database, area_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, _ = assign(database, drawn(database, 1))
    with pytest.raises(Conflict):
        release(database, area_id)
    for named in (uuid4(), elsewhere.id):
        with pytest.raises(Invalid) as raised:
            release(database, area_id, assignment_id=named)
        assert set(raised.value.errors) == {"assignment_id"}
    assignment, _ = assign(database, area_id)
    at(monkeypatch, assignment.until)
    with pytest.raises(Conflict):
        release(database, area_id)
    assert published(database, "area_released") == []


def test_at_an_instant_who_had_the_area_is_known_in_every_zone(
    database: Database, area_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = assign(database, area_id)
    at(monkeypatch, NOW + HOUR)
    release(database, area_id)

    for zone in (UTC, timezone(14 * HOUR), timezone(-12 * HOUR)):
        assert had(database, area_id, NOW.astimezone(zone)) == first.id
        assert had(database, area_id, (NOW + HOUR - MINUTE).astimezone(zone)) == first.id
        assert had(database, area_id, (NOW - MINUTE).astimezone(zone)) is None
        assert had(database, area_id, (NOW + HOUR).astimezone(zone)) is None


def test_where_two_clocks_overlap_the_later_assignment_is_meant(
    database: Database, area_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    assign(database, area_id)
    at(monkeypatch, NOW + MINUTE)
    release(database, area_id)
    at(monkeypatch, NOW + MINUTE / 2)
    second, _ = assign(database, area_id)

    assert had(database, area_id, NOW + MINUTE / 2) == second.id


def test_a_unit_that_was_closed_since_gives_nothing_away(database: Database, area_id: UUID) -> None:
    def move(session: Any) -> None:
        areas.get(session, area_id).unit = "1282"

    done(database, move)

    assert set(faults(database, area_id)) == {"unit"}


def test_of_who_is_erased_nothing_is_kept_and_what_they_had_is_free(
    database: Database, area_id: UUID
) -> None:
    first, _ = assign(database, area_id, assignee=str(MEMBER))
    release(database, area_id, reason="done")
    second, _ = assign(database, area_id, assignee=str(MEMBER))
    other, _ = assign(database, drawn(database, 1), assignee=str(OTHER))
    names_published(database, forget=True)

    for _ in range(2):
        done(database, lambda session: area_assignments.forget(session, [MEMBER]))

    assert holder(database, area_id) is None
    assert holder(database, other.area_id).assignee == str(OTHER)
    assert names_published(database) == ["area_released"]
    with database.reading() as session:
        for each in (first, second):
            kept = session.get_one(area_assignments.AreaAssignment, each.id)
            assert (kept.assignee, kept.end_reason) == ("forgotten", "released")


def test_who_is_merged_into_another_has_what_the_other_has(
    database: Database, area_id: UUID
) -> None:
    assign(database, area_id, assignee=str(MEMBER))

    done(database, lambda session: area_assignments.take_over(session, MEMBER, OTHER))

    assert holder(database, area_id).assignee == str(OTHER)
