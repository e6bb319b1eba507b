"""Results of consultations: counted by unit and option, small counts hidden until they close."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.errors import Invalid
from services.campaign import consultation_results
from services.campaign.consultations import Consultation
from tests.campaign.consulted import HOUR, NOW, answer_all, ask, registered, sqlite

OPTIONS = ["Ja", "Nej"]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    database: Database = sqlite(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


@pytest.fixture
def asked(session: Session) -> Consultation:
    """A consultation of all, with a few answers in the south."""
    found = ask(session, options=OPTIONS)
    answer_all(session, found.id, "0001", (9, 9))
    answer_all(session, found.id, "0001-by", (5, 0))
    answer_all(session, found.id, "0003", (6, 2))
    return found


def shown(session: Session, asked: Consultation, unit: str) -> dict[str, tuple[Any, ...]]:
    """How many answered and what, by unit, that one first."""
    found = consultation_results.results(session, units.load(session), asked, unit)
    return {row["unit"]: (row["answers"], *row["counts"]) for row in (found, *found["children"])}


def listed(session: Session, unit: str, status: str | None = None) -> list[Any]:
    """The ids of a list."""
    query = {"unit": unit, "status": status, "limit": 100, "cursor": None}
    page = consultation_results.listed(session, units.load(session), query)
    return [each.id for each in page.items]


def test_while_it_is_open_small_counts_are_hidden(session: Session, asked: Consultation) -> None:
    hidden = (None, None, None)
    assert shown(session, asked, "SE") == {"SE": (31, 20, 11), "norr": hidden, "syd": hidden}
    assert shown(session, asked, "syd") == {"syd": hidden, "0003": hidden}


def test_once_it_is_closed_all_is_shown(
    session: Session, asked: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: asked.closes_at)
    whole = {"SE": (31, 20, 11), "norr": (23, 14, 9), "syd": (8, 6, 2)}
    assert shown(session, asked, "SE") == whole
    assert shown(session, asked, "norr") == {
        "norr": (23, 14, 9),
        "0001": (23, 14, 9),
        "0002": (0, 0, 0),
    }
    assert shown(session, asked, "0001") == {"0001": (23, 14, 9), "0001-by": (5, 5, 0)}


def test_units_that_are_not_asked_are_left_out(session: Session) -> None:
    found = ask(session, units=["0001"])
    assert list(shown(session, found, "SE")) == ["SE", "norr"]
    assert list(shown(session, found, "norr")) == ["norr", "0001"]
    assert list(shown(session, found, "0001")) == ["0001", "0001-by"]
    with pytest.raises(Invalid):
        shown(session, found, "nowhere")


def test_no_cell_of_the_table_is_a_formula(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    units.copy(session, [registered("syd", "district", "SE", name="@syd", version=2)])
    found = ask(session, options=["=1+1", "-2", "Nej, tack"])
    answer_all(session, found.id, "0003", (1, 0, 2))
    monkeypatch.setattr(clock, "now", lambda: found.closes_at)
    tree = units.load(session)
    table = consultation_results.as_csv(
        consultation_results.results(session, tree, found, "SE")
    ).decode()

    assert list(csv.reader(io.StringIO(table))) == [
        ["unit", "name", "answers", "'=1+1", "'-2", "Nej, tack"],
        ["SE", "Se", "3", "1", "0", "2"],
        ["norr", "Norr", "0", "0", "0", "0"],
        ["syd", "'@syd", "3", "1", "0", "2"],
    ]


def test_what_is_hidden_is_an_empty_cell(session: Session, asked: Consultation) -> None:
    found = consultation_results.results(session, units.load(session), asked, "syd")
    assert consultation_results.as_csv(found).decode().splitlines()[1:] == [
        "syd,Syd,,,",
        "0003,0003,,,",
    ]


def test_a_unit_sees_what_its_members_are_asked_above_and_below_it(session: Session) -> None:
    all_ = ask(session).id
    north = ask(session, unit="norr", opens_at=NOW - 2 * HOUR).id
    some = ask(session, units=["0002", "syd"], opens_at=NOW - 3 * HOUR).id

    assert listed(session, "SE") == [all_, north, some]
    assert listed(session, "0001-by") == [all_, north]
    assert listed(session, "norr") == [all_, north, some]
    assert listed(session, "0003") == [all_, some]


def test_a_list_is_of_what_is_planned_open_or_closed_by_now(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ask(session, opens_at=NOW + HOUR, closes_at=NOW + 3 * HOUR).id
    now = ask(session, closes_at=NOW + HOUR).id

    assert listed(session, "SE", "planned") == [later]
    assert listed(session, "SE", "open") == [now]
    monkeypatch.setattr(clock, "now", lambda: NOW + HOUR)
    assert listed(session, "SE", "open") == [later]
    assert listed(session, "SE", "closed") == [now]
