"""What becomes of a wheel, by unit."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra import clock
from services.campaign import adoption, unit_plans, wheel_adaptations, wheel_entries
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel
from tests.campaign.planned import activity, adapting, entry, opened, published, tree, wheel

NONE = {"entries": 0, "planned": 0, "held": 0, "activities_planned": 0, "activities_held": 0}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction, in November 2026."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    with opened(tmp_path) as session:
        yield session


@pytest.fixture
def plan(session: Session) -> Wheel:
    """A published wheel: one entry for the branches, one for Skåne, one withdrawn."""
    made = wheel(session)
    branches = entry(session, made.id, unit_kind="branch", title="Torgmöte")
    skane = entry(session, made.id, units=["skane"], title="Skånedag")
    gone = entry(session, made.id, title="Borta")
    wheel_entries.withdraw(session, made.id, gone.id)
    for status, unit, carried in (
        ("held", "1280", branches),
        ("held", "1280-by", branches),
        ("planned", "1280", skane),
        ("planned", "1281", branches),
        ("cancelled", "0180", branches),
        ("held", "0180", gone),
    ):
        activity(session, status, unit=unit, entry_id=carried.id)
    activity(session, "held", unit="0180")
    return published(session, made.id)


def named(session: Session, plan: Wheel, title: str) -> WheelEntry:
    """The entry of that title."""
    return next(found for found in wheel_entries.of(session, plan.id) if found.title == title)


def counted(session: Session, plan: Wheel, unit: str) -> dict[str, dict[str, Any]]:
    """What is counted in the unit and in each one level down, by code."""
    found = adoption.adoption(session, tree(session), plan.id, unit)
    return {row["unit"]: {name: row[name] for name in NONE} for row in (found, *found["children"])}


def test_planned_and_held_are_counted_along_the_tree(session: Session, plan: Wheel) -> None:
    skane = {
        "entries": 2,
        "planned": 2,
        "held": 1,
        "activities_planned": 2,
        "activities_held": 2,
    }
    assert counted(session, plan, "SE") == {
        "SE": skane,
        "skane": skane,
        "stockholms-lan": {**NONE, "entries": 1},
    }
    assert counted(session, plan, "skane")["1281"] == {
        **NONE,
        "entries": 2,
        "planned": 1,
        "activities_planned": 1,
    }
    assert counted(session, plan, "1280-by") == {
        "1280-by": {**NONE, "entries": 1, "planned": 1, "held": 1, "activities_held": 1}
    }


def test_who_dropped_an_entry_is_counted(session: Session, plan: Wheel) -> None:
    first = named(session, plan, "Torgmöte")
    known = tree(session)
    for unit, dropped in (("1280", True), ("1281", False), ("0180", True)):
        request = adapting(dropped=dropped)
        wheel_adaptations.adapt(session, known, plan, first.id, unit, request)
    session.flush()

    found = adoption.adoption(session, known, plan.id, "SE")

    assert found["dropped"] == 2
    assert {row["unit"]: row["dropped"] for row in found["children"]} == {
        "skane": 1,
        "stockholms-lan": 1,
    }


def test_a_unit_sees_its_entries_as_it_has_them(session: Session, plan: Wheel) -> None:
    known = tree(session)
    branches = named(session, plan, "Torgmöte")
    request = adapting(title="Torgmöte på Möllan", material="Vår egen text")
    wheel_adaptations.adapt(session, known, plan, branches.id, "1280", request)
    session.flush()

    def shown(unit: str | None) -> dict[str, tuple[int, int]]:
        rows = unit_plans.plan(session, known, plan, unit)
        return {row["title"]: (row["planned"], row["held"]) for row in rows}

    assert shown(None) == {"Torgmöte": (1, 2), "Skånedag": (1, 0), "Borta": (0, 1)}
    assert shown("1280") == {"Torgmöte på Möllan": (0, 2), "Skånedag": (1, 0), "Borta": (0, 0)}
    assert shown("0180") == {"Torgmöte": (0, 0), "Borta": (0, 1)}

    own = unit_plans.entry(session, known, plan, branches, "1280")
    other = unit_plans.entry(session, known, plan, branches, "1281")
    assert (own["material"], own["kind"]) == ("Vår egen text", "theme_meeting")
    assert own["links"] == other["links"] != []
    assert other["material"].startswith("# Så gör ni")
