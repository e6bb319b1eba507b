"""What units make of the entries of a wheel."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import wheel_adaptations, wheel_entries
from services.campaign.wheel_adaptations import WheelAdaptation, adapted
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel
from tests.campaign.planned import adapting, entry, opened, published, tree, wheel

MARCH = (date(2027, 3, 1), date(2027, 3, 31))


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction, in November 2026."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    with opened(tmp_path) as session:
        yield session


@pytest.fixture
def plan(session: Session) -> Wheel:
    """A published wheel with an entry for the branches, and those below, of Skåne."""
    made = wheel(session)
    entry(session, made.id, units=["skane"])
    return published(session, made.id)


@pytest.fixture
def first(session: Session, plan: Wheel) -> WheelEntry:
    """Its entry."""
    return wheel_entries.of(session, plan.id)[0]


def adapt(session: Session, entry: WheelEntry, unit: str, **changes: Any) -> WheelAdaptation:
    """Make something of the entry for the unit."""
    made = wheel_adaptations.adapt(
        session,
        tree(session),
        session.get_one(Wheel, entry.wheel_id),
        entry.id,
        unit,
        adapting(**changes),
    )
    session.flush()
    return made


def as_had(session: Session, entry: WheelEntry, unit: str) -> dict[str, Any]:
    """The entry as the unit has it."""
    made = wheel_adaptations.for_unit(session, tree(session), [entry], unit)
    return adapted(entry, made[entry.id])


def test_a_unit_has_its_own_copy_and_those_below_have_it_with_it(
    session: Session, first: WheelEntry
) -> None:
    adapt(session, first, "1280", title="Torgmöte", to_on=date(2027, 4, 2))

    for unit in ("1280", "1280-by"):
        own = as_had(session, first, unit)
        assert (own["title"], own["adapted_by"], own["dropped"]) == ("Torgmöte", "1280", False)
        assert (own["from_on"], own["to_on"]) == (MARCH[0], date(2027, 4, 2))
    untouched = as_had(session, first, "1281")
    assert (untouched["title"], untouched["adapted_by"]) == ("Temamöte i mars", None)


def test_the_nearest_holds_whole(session: Session, first: WheelEntry) -> None:
    adapt(session, first, "skane", title="Skånes", dropped=True)
    adapt(session, first, "1280", from_on=date(2027, 3, 10))

    own = as_had(session, first, "1280-by")

    assert (own["title"], own["from_on"], own["dropped"]) == (
        "Temamöte i mars",
        date(2027, 3, 10),
        False,
    )
    assert as_had(session, first, "1281")["dropped"] is True


def test_only_a_change_makes_a_new_version(session: Session, first: WheelEntry) -> None:
    versions = [
        adapt(session, first, "1280", **changes).version
        for changes in ({"links": []}, {"links": []}, {"dropped": True}, {})
    ]
    assert versions == [1, 1, 2, 3]
    assert as_had(session, first, "1280")["dropped"] is False


@pytest.mark.parametrize(
    ("unit", "changes", "field"),
    [
        ("0180", {}, "unit"),
        ("SE", {}, "unit"),
        ("nowhere", {}, "unit"),
        ("1280", {"from_on": date(2026, 12, 31)}, "from"),
        ("1280", {"from_on": date(2027, 4, 1)}, "to"),
        ("1280", {"to_on": date(2031, 1, 1)}, "to"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    session: Session, first: WheelEntry, unit: str, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        adapt(session, first, unit, **changes)
    assert set(refused.value.errors) == {field}


def test_neither_a_draft_nor_what_is_withdrawn_is_adapted(
    session: Session, first: WheelEntry
) -> None:
    draft = entry(session, wheel(session).id)
    wheel_entries.withdraw(session, first.wheel_id, first.id)

    for made in (draft, first):
        with pytest.raises(Conflict):
            adapt(session, made, "1280")


def test_an_entry_of_another_wheel_is_not_found(session: Session, plan: Wheel) -> None:
    other = entry(session, wheel(session).id)
    with pytest.raises(NotFound):
        wheel_adaptations.adapt(session, tree(session), plan, other.id, "1280", adapting())
