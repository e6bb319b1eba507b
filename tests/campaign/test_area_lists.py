"""Areas are listed beside who has them, in pages, those of a unit and all below it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from infra import units
from infra.database import Database
from services.campaign import area_lists
from tests.campaign.mapped import HOUR, NOW, assign, at, drawn, made


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of campaign; it is NOW."""
    made_here = made(tmp_path)
    at(monkeypatch, NOW)
    yield made_here
    made_here.close()


def listed(database: Database, **changes: Any) -> tuple[list[UUID], str | None]:
    """The ids of a page, and its cursor."""
    query = {"unit": "SE", "free": None, "limit": 100, "cursor": None, **changes}
    with database.reading() as session:
        found = area_lists.listed(session, units.load(session), query)
    return [each["id"] for each in found.items], found.next


def test_areas_are_listed_by_unit_the_oldest_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for number, unit in enumerate(("1280", "1281", "skane")):
        at(monkeypatch, NOW + number * HOUR)
        ids.append(drawn(database, unit=unit))

    assert listed(database) == (ids, None)
    assert listed(database, unit="skane") == (ids, None)
    assert listed(database, unit="1281") == (ids[1:2], None)
    assert listed(database, unit="1282") == ([], None)


def test_areas_are_listed_page_by_page(database: Database) -> None:
    ids = sorted(drawn(database, column) for column in range(5))
    found, cursor = [], None
    for _ in range(3):
        some, cursor = listed(database, limit=2, cursor=cursor)
        found += some
    assert (found, cursor) == (ids, None)


def test_the_free_ones_are_told_from_those_that_somebody_has(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, held = drawn(database, 0), drawn(database, 1)
    assign(database, held)

    assert listed(database, free=True)[0] == [free]
    assert listed(database, free=False)[0] == [held]
    at(monkeypatch, NOW + 3 * HOUR)
    assert set(listed(database, free=True)[0]) == {free, held}
    assert listed(database, free=False)[0] == []


def test_beside_an_area_stands_who_has_it_now_whatever_its_number(database: Database) -> None:
    for column in range(6):
        area_id = drawn(database, column)
        if column % 2:
            assign(database, area_id, assignee=f"volontär {column}")
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with database.reading() as session:
        tree = units.load(session)
        asked.clear()
        query = {"unit": "1280", "free": None, "limit": 100, "cursor": None}
        found = area_lists.listed(session, tree, query).items

    holders = [each["assignment"] and each["assignment"].assignee for each in found]
    assert sorted(filter(None, holders)) == ["volontär 1", "volontär 3", "volontär 5"]
    assert len(asked) == 2
