"""Consultations open and close in time, each told once, whatever stood still meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from services.campaign import consultation_turns
from tests.campaign.consulted import HOUR, NOW, Row, answer_all, ask, published, sqlite


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    database: Database = sqlite(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def turn(session: Session) -> int:
    """What the timer does; how many were opened or closed."""
    tree, turns = units.load(session), 0
    while consultation_turns.turn_one(session, tree):
        turns += 1
    return turns


def told(session: Session, name: str) -> list[Row]:
    """The data of the events of that name."""
    return [data for each, data in published(session) if each == name]


def test_nothing_turns_before_its_time(session: Session) -> None:
    ask(session)
    ask(session, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR)
    assert turn(session) == 0


def test_one_opens_once_when_its_time_has_come(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(session, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR)
    monkeypatch.setattr(clock, "now", lambda: NOW + HOUR)

    assert (turn(session), turn(session)) == (1, 0)
    opened = {"consultation_id": str(asked.id), "unit": "SE"}
    assert told(session, "consultation_opened") == [opened]


def test_the_results_are_told_by_district_without_small_counts(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(session)
    answer_all(session, asked.id, "0001", (7, 8, 2))
    answer_all(session, asked.id, "0002", (1, 1, 3))
    answer_all(session, asked.id, "0003", (6, 5, 6))
    monkeypatch.setattr(clock, "now", lambda: asked.closes_at)

    assert (turn(session), turn(session)) == (1, 0)
    counts = {"SE": (14, 14, 11), "norr": (8, 9, 5), "syd": (6, 5, 6)}
    results = [
        {"unit": unit, "option": option, "count": count}
        for unit, row in counts.items()
        for option, count in enumerate(row)
    ]
    closed = {"consultation_id": str(asked.id), "unit": "SE", "answers": 39, "results": results}
    assert told(session, "consultation_closed") == [closed]


def test_a_district_with_a_small_count_is_left_out_with_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(session, options=["Ja", "Nej"])
    answer_all(session, asked.id, "0001", (9, 9))
    answer_all(session, asked.id, "0003", (6, 2))
    monkeypatch.setattr(clock, "now", lambda: asked.closes_at)
    turn(session)

    (closed,) = told(session, "consultation_closed")
    assert {cell["unit"] for cell in closed["results"]} == {"SE"}
    assert [cell["count"] for cell in closed["results"]] == [15, 11]


def test_what_should_have_opened_and_closed_while_nobody_looked_is_told_in_order(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(session, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=3))

    assert turn(session) == 2
    assert [name for name, _ in published(session)] == [
        "consultation_opened",
        "consultation_closed",
    ]
