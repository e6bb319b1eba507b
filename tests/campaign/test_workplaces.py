"""Workplaces: one list, names that are on it, and how many were reached."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid
from infra.units import load
from services.campaign import conversations, workplaces, workplaces_reached
from tests.campaign.campaigning import TODAY, log, made_in, report, workplace


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction on a database of campaign, on a day that stands still."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    database = made_in(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def test_a_workplace_sent_again_is_the_stored_one(session: Session) -> None:
    request = {"id": uuid4(), "unit": "1280", "name": "Hamnen"}

    answers = [workplaces.add(session, load(session), request) for _ in range(2)]

    assert [(each.name, new) for each, new in answers] == [("Hamnen", True), ("Hamnen", False)]
    with pytest.raises(Conflict):
        workplaces.add(session, load(session), {**request, "name": "Skolan"})


def test_a_name_is_on_the_list_once(session: Session) -> None:
    workplace(session, "Hamnen")

    with pytest.raises(Conflict, match="of that name"):
        workplace(session, "Hamnen", "0180")


@pytest.mark.parametrize("unit", ["nowhere", "ssu", "0181"])
def test_a_workplace_is_in_a_unit_that_can_have_it(session: Session, unit: str) -> None:
    with pytest.raises(Invalid) as refused:
        workplace(session, "Hamnen", unit)

    assert set(refused.value.errors) == {"unit"}


def test_a_conversation_names_a_workplace_of_the_list_or_none(session: Session) -> None:
    workplace(session, "Hamnen")
    reports = [report(workplace=name) for name in ("Hamnen", "Skolan", None)]

    outcomes = conversations.log_all(session, load(session), reports)

    assert [outcome.created for outcome in outcomes] == [True, False, True]
    assert outcomes[1].problem is not None
    assert set(outcomes[1].problem.errors) == {"workplace"}


def listed(session: Session, unit: str, limit: int = 100, cursor: str | None = None) -> list[str]:
    """The names of a list, page by page."""
    query = {"unit": unit, "limit": limit, "cursor": cursor}
    page = workplaces.listed(session, load(session), query)
    names = [each.name for each in page.items]
    return names if page.next is None else names + listed(session, unit, limit, page.next)


def test_workplaces_are_listed_by_name_with_those_of_the_units_above(session: Session) -> None:
    for name, unit in (("Å", "1280"), ("Bruket", "skane"), ("Cementen", "0180"), ("Ägg", "1281")):
        workplace(session, name, unit)

    assert listed(session, "1280-rosengard") == ["Bruket", "Å"]
    assert listed(session, "stockholms-lan") == ["Cementen"]
    assert sorted(listed(session, "SE", limit=1)) == sorted(["Bruket", "Cementen", "Å", "Ägg"])


def test_workplaces_reached_are_those_of_the_year_the_unit_and_what_stands(
    session: Session,
) -> None:
    for name in ("Hamnen", "Skolan"):
        workplace(session, name)
    log(session, workplace="Hamnen", count=3)
    log(session, workplace="Hamnen", unit="1280-rosengard", count=2, held_on=date(2026, 1, 1))
    log(session, workplace="Skolan", unit="0180")
    log(session, workplace="Skolan", held_on=date(2025, 12, 31))
    conversations.void(session, log(session, workplace="Skolan"), "mistake")
    log(session)

    def reached(unit: str, year: int) -> tuple[int, int]:
        found = workplaces_reached.in_year(session, load(session), unit, year)
        return found["workplaces"], found["conversations"]

    assert reached("SE", 2026) == (2, 6)
    assert reached("skane", 2026) == (1, 5)
    assert reached("skane", 2025) == (1, 1)
    assert reached("1281", 2026) == (0, 0)
