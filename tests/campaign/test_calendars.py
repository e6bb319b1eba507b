"""What is in the calendar of a unit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.calendar_text import Occasion
from services.campaign import calendars, wheel_adaptations, wheel_entries
from tests.campaign.planned import activity, adapting, entry, opened, published, tree, wheel

TODAY = date(2027, 3, 10)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction, in March 2027."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    with opened(tmp_path) as session:
        yield session


def shown(session: Session, unit: str) -> dict[str, Occasion]:
    """What is in the unit's calendar, by title."""
    return {found.title: found for found in calendars.occasions(session, tree(session), unit)}


def test_windows_of_published_wheels_are_whole_days_to_the_last(session: Session) -> None:
    plan = wheel(session)
    made = entry(session, plan.id, units=["skane"])
    assert shown(session, "1280") == {}
    published(session, plan.id)

    (found,) = shown(session, "1280").values()

    assert (found.starts, found.ends) == (date(2027, 3, 1), date(2027, 4, 1))
    assert (found.sequence, found.cancelled, found.about) == (0, False, "Lyssna")
    assert str(made.id) in found.uid
    assert shown(session, "0180") == {}


def test_a_window_stays_itself_through_every_change(session: Session) -> None:
    plan = wheel(session)
    made = entry(session, plan.id)
    published(session, plan.id)
    known = tree(session)

    def now() -> Occasion:
        session.flush()
        (found,) = calendars.occasions(session, known, "1280")
        return found

    def adapt(unit: str, **changes: Any) -> Occasion:
        wheel_adaptations.adapt(session, known, plan, made.id, unit, adapting(**changes))
        return now()

    seen = [
        now(),
        adapt("skane", title="Skånes möte"),
        adapt("skane", title="Hela Skånes möte"),
        adapt("1280", from_on=date(2027, 3, 8)),
        adapt("1280", dropped=True),
    ]
    wheel_entries.withdraw(session, plan.id, made.id)
    seen.append(now())

    assert len({found.uid for found in seen}) == 1
    assert [found.sequence for found in seen] == [0, 1, 2, 3, 4, 5]
    assert [found.cancelled for found in seen] == [False, False, False, False, True, True]
    assert seen[2].title == "Hela Skånes möte"
    assert (seen[3].title, seen[3].starts) == ("Temamöte i mars", date(2027, 3, 8))


def test_the_unit_s_own_activities_and_those_above_are_shown_if_open(session: Session) -> None:
    for unit in ("1280", "skane", "SE", "1280-by", "1281"):
        activity(session, unit=unit, title=unit)
    activity(session, title="Styrelsen", open=False, closed_reason="Bara styrelsen")
    activity(session, title="Årsmöte", kind="decision_meeting")
    activity(session, "cancelled", title="Inställt")
    activity(session, "held", title="Hållet", starts_at=datetime(2027, 3, 1, 17, tzinfo=UTC))

    found = shown(session, "1280")

    assert set(found) == {"1280", "skane", "SE", "Inställt", "Hållet"}
    assert {title for title, each in found.items() if each.cancelled} == {"Inställt"}
    assert found["skane"].about == "Skane"


def test_what_is_over_for_a_year_is_left_out(session: Session) -> None:
    edge = datetime(2026, 3, 9, 23, tzinfo=UTC)
    activity(session, title="Nyss", starts_at=edge)
    activity(session, title="Länge sedan", starts_at=edge - timedelta(seconds=1))
    old = wheel(session, starts_on=date(2024, 1, 1), ends_on=date(2026, 3, 9), phases=[])
    window = {"from_on": date(2026, 1, 1), "to_on": date(2026, 3, 9), "phase": None}
    entry(session, old.id, title="Förra", **window)
    published(session, old.id)
    long = wheel(session, starts_on=date(2025, 1, 1), ends_on=date(2028, 1, 1), phases=[])
    for title, last in (("Till i går", date(2026, 3, 9)), ("Till i dag", date(2026, 3, 10))):
        entry(session, long.id, title=title, **{**window, "to_on": last})
    published(session, long.id)

    assert set(shown(session, "1280")) == {"Nyss", "Till i dag"}


def test_of_too_many_the_last_are_shown(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendars, "MOST", 2)
    plan = wheel(session)
    for day in range(1, 4):
        entry(session, plan.id, title=f"Fönster {day}", from_on=date(2027, 3, day))
        activity(session, title=f"Möte {day}", starts_at=datetime(2027, 3, day, 17, tzinfo=UTC))
    published(session, plan.id)

    assert list(shown(session, "1280")) == ["Fönster 2", "Fönster 3", "Möte 2", "Möte 3"]


def test_times_are_those_of_the_clocks_in_stockholm_and_never_twice(session: Session) -> None:
    summer = activity(session, title="Mars", starts_at=datetime(2027, 3, 28, 0, 30, tzinfo=UTC))
    summer.ends_at = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    winter = activity(session, title="Oktober", starts_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    winter.ends_at = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)
    session.flush()

    found = shown(session, "1280")

    march, october = found["Mars"], found["Oktober"]
    assert (str(march.starts), str(march.ends)) == (
        "2027-03-28 01:30:00+01:00",
        "2027-03-28 03:30:00+02:00",
    )
    # Between 2 and 3 the clocks showed the same twice: only UTC tells which.
    assert (str(october.starts), str(october.ends)) == (
        "2027-10-31 00:30:00+00:00",
        "2027-10-31 01:15:00+00:00",
    )
