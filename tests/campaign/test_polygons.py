"""What is a polygon in Sweden, what is none, and where two of them cross."""

import math

import pytest
from shapely import Polygon

from infra.errors import Invalid
from services.campaign import polygons
from tests.campaign.mapped import square

OUTER = [[13.0, 55.5], [13.1, 55.5], [13.1, 55.6], [13.0, 55.6], [13.0, 55.5]]
BOW = [[13.0, 55.5], [13.1, 55.6], [13.1, 55.5], [13.0, 55.6], [13.0, 55.5]]


def hole(west: float, south: float) -> list[list[float]]:
    """A small ring with its corner there."""
    steps = ((0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0))
    return [[west + x, south + y] for x, y in steps]


def circle(points: int) -> list[list[float]]:
    """A closed ring of so many points."""
    turns = [2 * math.pi * number / (points - 1) for number in range(points - 1)]
    ring = [[15 + 0.1 * math.cos(turn), 60 + 0.1 * math.sin(turn)] for turn in turns]
    return [*ring, ring[0]]


def moved(at: int, point: object) -> list[list[object]]:
    """The outer ring with another point."""
    return [[*OUTER[:at], point, *OUTER[at + 1 :]]]


def refused(rings: list[list[object]]) -> str:
    """What is said of such rings."""
    with pytest.raises(Invalid) as raised:
        polygons.read(rings)
    ((field, (message,)),) = raised.value.errors.items()
    assert field == "polygon"
    return message


@pytest.mark.parametrize(
    ("rings", "message"),
    [
        ([], "Has 0 points; 1 to 500 are taken."),
        ([[]], "Has 0 points; 1 to 500 are taken."),
        ([circle(501)], "Has 501 points; 1 to 500 are taken."),
        ([OUTER[:2]], "Ring 0 has 2 points; the least is 4, with the first again."),
        ([OUTER, []], "Ring 1 has 0 points; the least is 4, with the first again."),
        ([OUTER[:4]], "Ring 0 is not closed: its last point is not its first."),
        ([OUTER, hole(13.01, 55.51)[:4]], "Ring 1 is not closed: its last point is not its first."),
        ([BOW], "Self-intersection at 13.05000, 55.55000."),
        ([OUTER, hole(13.2, 55.5)], "Hole lies outside shell at 13.20000, 55.50000."),
        ([OUTER, hole(13.095, 55.51)], "Self-intersection at 13.10000, 55.52000."),
        ([hole(13.05, 55.55), OUTER], "Hole lies outside shell at"),
        ([[OUTER[0], OUTER[1], OUTER[1], OUTER[0]]], "Too few points in geometry component"),
        (moved(1, [200, 55.5]), "Point 1 of ring 0 is not in Sweden: the longitude is not"),
        (moved(2, [55.6, 13.1]), "Point 2 of ring 0 is not in Sweden: the longitude is not"),
        (moved(2, [13.1, 48.0]), "Point 2 of ring 0 is not in Sweden: the latitude is not"),
        (moved(1, [math.inf, 55.5]), "Point 1 of ring 0 is not in Sweden: the longitude is not"),
        (moved(1, [math.nan, 55.5]), "Point 1 of ring 0 is not in Sweden: the longitude is not"),
        (moved(1, [10**30, 55.5]), "Point 1 of ring 0 is not in Sweden: the longitude is not"),
        (moved(3, [13.0]), "Point 3 of ring 0 is no pair of longitude and latitude."),
        (moved(3, [13.0, 55.6, 2.0]), "Point 3 of ring 0 is no pair of longitude and latitude."),
        (moved(3, {"lon": 13.0}), "Point 3 of ring 0 is no pair of longitude and latitude."),
        (moved(3, 13.0), "Point 3 of ring 0 is no pair of longitude and latitude."),
        (moved(3, ["13.0", 55.6]), "Point 3 of ring 0 is no pair of numbers."),
        (moved(3, [True, 55.6]), "Point 3 of ring 0 is no pair of numbers."),
        (square(side=0.00001)["coordinates"], "Is smaller than a square metre."),
    ],
)
def test_what_is_no_polygon_in_sweden_is_refused_by_name_and_place(rings, message):
    assert message in refused(rings)


def test_too_many_points_are_refused_before_any_is_looked_at() -> None:
    assert refused([["no point"] * 100_000]) == "Has 100000 points; 1 to 500 are taken."


@pytest.mark.parametrize(
    "rings",
    [
        [OUTER],
        [OUTER[::-1]],
        [OUTER, hole(13.02, 55.52), hole(13.05, 55.52)],
        [circle(500)],
        [[[13, 56], [14, 56], [14, 57], [13, 56]]],
        [[[20.2, 67.8], [20.3, 67.8], [20.3, 67.9], [20.2, 67.8]]],
    ],
)
def test_a_polygon_in_sweden_is_read(rings):
    assert polygons.read(rings).is_valid


def test_square_metres_are_those_of_the_ground() -> None:
    # A hundredth of a degree at 55.5 degrees north is 1,113 m by 631 m.
    found = polygons.read(square()["coordinates"])
    assert polygons.square_metres(found) == pytest.approx(1113.2 * 630.4, rel=0.001)


def shape(column: float, row: float = 0.0) -> Polygon:
    """A square."""
    return polygons.read(square(column, row)["coordinates"])


@pytest.mark.parametrize(
    ("column", "row"),
    [(1, 0), (1, 1), (0, 1), (5, 5), (1 - 1e-7, 0), (1 - 1e-4, 1 - 1e-4)],
)
def test_neighbours_do_not_cross_not_even_by_a_hair(column, row):
    assert polygons.crossing(shape(0), shape(column, row)) is None


def test_where_two_cross_is_told() -> None:
    assert polygons.crossing(shape(0), shape(0.5)) == "13.00750, 55.50500"
    assert polygons.crossing(shape(0), shape(0)) == "13.00500, 55.50500"
    assert polygons.crossing(shape(0), shape(1 - 1e-4)) is not None
