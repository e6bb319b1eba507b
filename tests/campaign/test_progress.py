"""How far areas are: shares of their households, and the sums of a unit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import units
from infra.database import Database
from services.campaign import households, progress
from tests.campaign.doorsteps import DAY, START, area, assign, assigned, logged, made, visit


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign that knows a few units."""
    database = made(tmp_path)
    yield database
    database.close()


def sums(database: Database, unit: str) -> dict[str, Any]:
    """The progress of a unit."""
    with database.reading() as session:
        return progress.of_unit(session, units.load(session), unit)


def test_a_round_has_its_share_of_the_households(database: Database) -> None:
    with database.writing() as session:
        area_id = area(session, 3, current=2)
        assign(session, area_id)
        assign(session, area_id, START + DAY, round=2)
    logged(database, visit(area_id, "a", "conversation"), visit(area_id, "b", "no_answer"))
    logged(database, visit(area_id, "a", "declined", 25))

    with database.reading() as session:
        found = progress.of_area(session, households.ground(session, area_id))

    first = {"round": 1, "doors": 2, "reached": 1, "conversations": 1, "share": 0.6667}
    second = {"round": 2, "doors": 1, "reached": 1, "conversations": 0, "share": 0.3333}
    assert found == {
        "area_id": area_id,
        "unit": "1280",
        "households": 3,
        "round": 2,
        "rounds": [first, second],
    }


def test_no_more_than_all_are_done_of_an_area_that_has_grown_smaller(database: Database) -> None:
    area_id = assigned(database, 2)
    logged(database, *(visit(area_id, name, "declined") for name in "ab"))

    with database.reading() as session:
        ground = households.ground(session, area_id)
        for number, share in ((1, 1.0), (0, 0.0)):
            smaller = households.Ground(ground.id, ground.unit, number, ground.round)
            assert progress.of_area(session, smaller)["rounds"][0]["share"] == share


def test_a_unit_has_the_sums_of_all_areas_below_it(database: Database) -> None:
    with database.writing() as session:
        areas = [area(session, 4, unit) for unit in ("1280", "1280", "1281", "0180")]
        for each in areas:
            assign(session, each)
    logged(database, *(visit(each, "a", "conversation") for each in areas[1:]))

    def done(doors: int, share: float) -> list[dict[str, Any]]:
        counts = dict.fromkeys(("doors", "reached", "conversations"), doors)
        return [{"round": 1, **counts, "share": share}]

    expected = {
        "SE": (4, 16, done(3, 0.1875)),
        "skane": (3, 12, done(2, 0.1667)),
        "1280": (2, 8, done(1, 0.125)),
        "stockholms-lan": (1, 4, done(1, 0.25)),
        "0181": (0, 0, []),
    }
    for unit, (number, total, rounds) in expected.items():
        assert sums(database, unit) == {
            "unit": unit,
            "areas": number,
            "households": total,
            "rounds": rounds,
        }
