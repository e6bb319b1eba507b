"""Wheels: a term in phases, for the party or a district."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import wheels
from tests.campaign.planned import (
    PHASES,
    activity,
    entry,
    opened,
    planning_wheel,
    published,
    tree,
    wheel,
)

QUERY = {"unit": "SE", "limit": 100, "cursor": None}
NOBODY = UUID("6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction, in November 2026."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    with opened(tmp_path) as session:
        yield session


def phases(*days: tuple[str, str]) -> list[dict[str, Any]]:
    """Phases of these days, each of another name."""
    return [
        {
            "name": f"Fas {number}",
            "from_on": date.fromisoformat(from_on),
            "to_on": date.fromisoformat(to_on),
        }
        for number, (from_on, to_on) in enumerate(days)
    ]


def test_a_wheel_sent_again_is_the_one_that_is_stored(session: Session) -> None:
    request = planning_wheel()

    made, new = wheels.plan(session, tree(session), request)
    again, newer = wheels.plan(session, tree(session), request)

    assert (new, newer, again) == (True, False, made)
    assert [phase["name"] for phase in made.phases] == ["Lyssna", "Valrörelse"]
    assert made.published_at is None
    with pytest.raises(Conflict):
        wheels.plan(session, tree(session), {**request, "title": "Ett annat"})
    with pytest.raises(Conflict):
        wheels.plan(session, tree(session), {**request, "phases": PHASES[:1]})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "1280"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"ends_on": date(2026, 12, 31)}, "ends_on"),
        ({"ends_on": date(2031, 1, 1)}, "ends_on"),
        ({"starts_on": date(2036, 11, 24), "ends_on": date(2037, 1, 1)}, "starts_on"),
        ({"starts_on": date(9999, 12, 31), "ends_on": date(9999, 12, 31)}, "starts_on"),
        ({"phases": phases(("2026-12-31", "2027-02-01"))}, "phases.0.from"),
        ({"phases": phases(("2027-02-01", "2031-01-01"))}, "phases.0.to"),
        ({"phases": phases(("2027-02-02", "2027-02-01"))}, "phases.0.to"),
        (
            {"phases": phases(("2027-01-01", "2027-02-01"), ("2027-02-01", "2027-03-01"))},
            "phases.1.from",
        ),
        (
            {"phases": phases(("2028-01-01", "2028-02-01"), ("2027-01-01", "2027-03-01"))},
            "phases.1.from",
        ),
        ({"phases": [PHASES[0], {**PHASES[1], "name": "Lyssna"}]}, "phases.1.name"),
        ({"conference_id": NOBODY}, "conference_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        wheel(session, **changes)
    assert set(refused.value.errors) == {field}


def test_phases_may_touch_and_leave_days_between_them(session: Session) -> None:
    days = (
        ("2027-01-01", "2027-01-01"),
        ("2027-01-02", "2027-02-01"),
        ("2027-06-01", "2030-12-31"),
    )
    assert len(wheel(session, phases=phases(*days)).phases) == 3


def test_a_term_may_begin_on_the_day_that_only_leap_years_have(session: Session) -> None:
    term = {"starts_on": date(2028, 2, 29), "ends_on": date(2032, 2, 28), "phases": []}
    assert wheel(session, **term).ends_on == date(2032, 2, 28)
    with pytest.raises(Invalid):
        wheel(session, **{**term, "ends_on": date(2032, 2, 29)})


def test_a_wheel_hangs_on_a_conference_and_on_no_other_activity(session: Session) -> None:
    conference = activity(session, unit="SE", kind="conference", open=False, closed_reason="Ombud")

    assert wheel(session, conference_id=conference.id).conference_id == conference.id
    with pytest.raises(Invalid):
        wheel(session, conference_id=activity(session).id)


def test_a_draft_is_listed_to_its_own_alone_and_what_is_published_below_it_too(
    session: Session,
) -> None:
    national, regional = wheel(session), wheel(session, unit="skane", title="Skåne")
    entry(session, regional.id, units=["skane"])

    def seen(unit: str, drafts_of: list[str] | None) -> set[str]:
        query = {**QUERY, "unit": unit}
        page = wheels.listed(session, tree(session), query, drafts_of)
        return {found.title for found in page.items}

    assert seen("SE", None) == {national.title, "Skåne"}
    assert seen("skane", ["skane", "1280"]) == {"Skåne"}
    assert seen("1280", ["1280"]) == set()
    published(session, regional.id)
    assert seen("1280", ["1280"]) == {"Skåne"}
    assert seen("0180", ["0180"]) == set()


def test_what_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        wheels.get(session, uuid4())
