"""Areas are drawn once, and exclusive ones of a unit do not cross."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import areas
from tests.campaign.mapped import NOW, at, done, draw, drawing, made, square


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database of campaign."""
    made_here = made(tmp_path)
    yield made_here
    made_here.close()


def faults(database: Database, **changes: Any) -> dict[str, list[str]]:
    """The fields that are wrong."""
    with pytest.raises(Invalid) as raised:
        draw(database, **changes)
    return raised.value.errors


def test_an_area_is_kept_as_it_was_drawn(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOW)
    request = drawing()

    area, new = draw(database, **request)

    assert new
    with database.reading() as session:
        stored = areas.get(session, area.id)
        assert {name: getattr(stored, name) for name in request} == request
        assert (stored.round, stored.created_at) == (1, NOW)
        assert (stored.west, stored.south) == (13.0, 55.5)


def test_an_area_sent_again_is_the_one_that_is_stored(database: Database) -> None:
    request = drawing()
    first, _ = draw(database, **request)

    again, new = draw(database, **request)

    assert (again.id, new) == (first.id, False)
    for changes in ({"name": "Annat"}, {"polygon": square(7)}, {"exclusive": False}):
        with pytest.raises(Conflict):
            draw(database, **{**request, **changes})


def test_an_area_sent_again_after_it_was_mended_stays_mended(database: Database) -> None:
    request = drawing()
    area_id = draw(database, **request)[0].id
    changes = {"name": "Herrgården", "households": 7}
    done(database, lambda session: areas.get(session, area_id, lock=True).mend(changes))

    again, new = draw(database, **request)

    assert (again.name, again.households, new) == ("Herrgården", 7, False)
    with pytest.raises(Conflict):
        draw(database, **{**request, **changes})


def test_an_exclusive_area_crosses_no_other_of_its_unit(database: Database) -> None:
    first, _ = draw(database)

    crossing = faults(database, polygon=square(0.5))

    assert crossing == {
        "polygon": [f"Crosses the exclusive area {first.id} at 13.00750, 55.50500."]
    }
    assert set(faults(database, polygon=square(0.4, 0.4, side=0.001))) == {"polygon"}


@pytest.mark.parametrize(
    "changes",
    [
        {"polygon": square(1)},
        {"polygon": square(1, 1)},
        {"polygon": square(1 - 1e-7)},
        {"unit": "1281"},
        {"unit": "skane"},
        {"exclusive": False},
    ],
)
def test_a_neighbour_and_what_is_of_others_may_be_drawn(database, changes):
    draw(database)

    assert draw(database, **changes)[1]


def test_what_is_not_exclusive_is_in_nobodys_way(database: Database) -> None:
    draw(database, exclusive=False)

    assert draw(database)[1]


def test_a_polygon_inside_the_hole_of_another_is_not_in_its_way(database: Database) -> None:
    outer, inner = square(0)["coordinates"][0], square(0.4, 0.4, side=0.002)
    ring = {"type": "Polygon", "coordinates": [outer, inner["coordinates"][0]]}
    draw(database, polygon=ring)

    assert draw(database, polygon=inner)[1]


@pytest.mark.parametrize("unit", ["nowhere", "1282"])
def test_a_unit_that_is_closed_or_unknown_has_no_areas(database, unit):
    assert set(faults(database, unit=unit)) == {"unit"}


def test_what_is_refused_leaves_nothing_behind(database: Database) -> None:
    wrong = drawing(polygon={"type": "Polygon", "coordinates": [[[13, 55.5], [13.1, 55.5]]]})
    assert set(faults(database, **wrong)) == {"polygon"}

    assert draw(database, id=wrong["id"])[1]


def test_there_is_no_area_with_an_id_of_nothing(database: Database) -> None:
    with pytest.raises(NotFound), database.reading() as session:
        areas.get(session, uuid4())
