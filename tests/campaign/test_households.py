"""The doors of an area: listed once, in walking order, no more than there are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from infra.database import Database
from infra.errors import Invalid, NotFound
from services.campaign import households
from tests.campaign.doorsteps import (
    DAY,
    START,
    area,
    assign,
    assigned,
    doors,
    logged,
    made,
    next_doors,
    visit,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign that knows a few units."""
    database = made(tmp_path)
    yield database
    database.close()


def add(database: Database, area_id: UUID, references: Sequence[str]) -> int:
    """List households as the service does."""
    with database.writing() as session:
        return households.add(session, households.ground(session, area_id, lock=True), references)


def test_households_are_listed_in_the_order_given_each_once(database: Database) -> None:
    area_id, other = assigned(database), assigned(database)

    assert add(database, area_id, ["c", "a", "c"]) == 2
    assert add(database, area_id, ["a", "b"]) == 3
    assert add(database, area_id, ["a", "b"]) == 3
    assert add(database, other, ["a"]) == 1

    assert list(doors(database, area_id)) == ["c", "a", "b"]
    assert [ordinal for ordinal, *_ in doors(database, area_id).values()] == [1, 2, 3]
    assert next_doors(database, area_id) == ["c", "a", "b"]
    assert next_doors(database, area_id, limit=2) == ["c", "a"]


def test_more_households_than_the_area_has_are_refused_whole(database: Database) -> None:
    area_id = assigned(database, 3)
    add(database, area_id, ["a", "b"])

    with pytest.raises(Invalid) as refused:
        add(database, area_id, ["b", "c", "d"])

    assert set(refused.value.errors) == {"references"}
    assert list(doors(database, area_id)) == ["a", "b"]
    assert add(database, area_id, ["b", "c"]) == 3


def test_an_area_that_is_none_has_no_doors(database: Database) -> None:
    with pytest.raises(NotFound), database.reading() as session:
        households.ground(session, uuid4())


def test_the_next_doors_are_those_not_visited_then_those_to_return_to(database: Database) -> None:
    area_id = assigned(database, 6)
    add(database, area_id, ["a", "b", "c", "d", "e", "f"])

    came_to = {"a": "return_later", "b": "no_answer", "d": "return_later", "e": "conversation"}
    logged(database, *(visit(area_id, door, outcome) for door, outcome in came_to.items()))
    assert next_doors(database, area_id) == ["c", "f", "a", "d"]
    assert next_doors(database, area_id, limit=3) == ["c", "f", "a"]

    logged(database, visit(area_id, "a", "declined", 2), visit(area_id, "c", "no_answer", 2))
    assert next_doors(database, area_id) == ["f", "d"]


def test_in_the_next_round_every_door_is_next_again(database: Database) -> None:
    with database.writing() as session:
        area_id = area(session, 3, current=2)
        assign(session, area_id)
        assign(session, area_id, START + DAY, round=2)
    add(database, area_id, ["a", "b", "c"])

    logged(database, *(visit(area_id, door, "conversation") for door in "abc"))
    assert next_doors(database, area_id) == ["a", "b", "c"]

    logged(database, visit(area_id, "a", "return_later", 25), visit(area_id, "b", "declined", 25))
    assert next_doors(database, area_id) == ["c", "a"]
