"""Rounds begin one after the other, while nobody has the area."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from infra.database import Database
from infra.errors import Conflict
from services.campaign import area_rounds, areas
from tests.campaign.mapped import NOW, assign, at, drawn, made, release


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of campaign; it is NOW."""
    made_here = made(tmp_path)
    at(monkeypatch, NOW)
    yield made_here
    made_here.close()


def begin(database: Database, area_id: UUID, number: int) -> int:
    """Begin a round; the one that the area is in then."""
    with database.writing() as session:
        area = areas.get(session, area_id, lock=True)
        area_rounds.begin(session, area, number)
        return area.round


def test_an_election_day_has_three_rounds_each_with_its_assignments(database: Database) -> None:
    area_id = drawn(database)
    found = []
    for number in (1, 2, 3):
        if number > 1:
            assert [begin(database, area_id, number) for _ in range(2)] == [number] * 2
        found.append(assign(database, area_id)[0].round)
        release(database, area_id)
    assert found == [1, 2, 3]


@pytest.mark.parametrize("number", [3, 4, 100])
def test_no_round_is_left_out(database, number):
    area_id = drawn(database)
    with pytest.raises(Conflict, match="The area is in round 1, and 2 is the next"):
        begin(database, area_id, number)


def test_no_round_begins_anew(database: Database) -> None:
    area_id = drawn(database)
    begin(database, area_id, 2)
    begin(database, area_id, 3)
    with pytest.raises(Conflict):
        begin(database, area_id, 2)


def test_no_round_begins_while_somebody_has_the_area(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    area_id = drawn(database)
    assignment, _ = assign(database, area_id)
    with pytest.raises(Conflict, match="Somebody has the area until 2026-03-02T19:00"):
        begin(database, area_id, 2)
    at(monkeypatch, assignment.until)
    assert begin(database, area_id, 2) == 2
