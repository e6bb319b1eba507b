"""Polygons on the map of Sweden, as GeoJSON has them: rings of [longitude, latitude] in degrees.

What is wrong with one is said with the place, by the numbers of its ring and point or by where on
the map it is. GEOS, which does the geometry, holds up the whole process while it works: so few
points are taken that this is a matter of a millisecond.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

from shapely import Polygon
from shapely.validation import explain_validity

from infra.errors import Invalid

MOST_POINTS = 500
"""Of all rings of a polygon together."""

BOUNDS = ((10.0, 25.0), (55.0, 69.5))
"""Longitude and latitude, with Sweden well inside."""

HAIR = 1.0
"""Square metres that two areas may share, as neighbours do that were drawn by hand."""

METRES = 111_320.0
"""In a degree of latitude."""

EXPLAINED = re.compile(r"(?P<what>[^\[]+)\[(?P<x>\S+) (?P<y>\S+)\]\Z")


def read(rings: list[list[Any]]) -> Polygon:
    """The polygon of an outer ring and those of its holes.

    Invalid, naming `polygon`, unless each ring is closed, all lie in Sweden, none crosses itself
    or another, and the holes are inside.
    """
    points = sum(map(len, rings))
    if not 0 < points <= MOST_POINTS:
        raise wrong(f"Has {points} points; 1 to {MOST_POINTS} are taken.")
    for where, point in _points(rings):
        _check_point(where, point)
    for number, ring in enumerate(rings):
        _check_ring(number, ring)
    found = Polygon(rings[0], rings[1:])
    if not found.is_valid:
        raise wrong(_why(found))
    if square_metres(found) <= HAIR:
        raise wrong("Is smaller than a square metre.")
    return found


def crossing(one: Polygon, other: Polygon) -> str | None:
    """Where the two share more than a HAIR, as `longitude, latitude`; None if they don't."""
    if not one.intersects(other):
        return None
    shared = one.intersection(other)
    if square_metres(shared) <= HAIR:
        return None
    point = shared.representative_point()
    return _place(point.x, point.y)


def square_metres(shape: Any) -> float:
    """The area of a shape, as exact as a flat map of its surroundings."""
    if shape.area == 0:
        return 0.0
    across = math.cos(math.radians(shape.centroid.y))
    return float(shape.area) * METRES * METRES * across


def wrong(message: str) -> Invalid:
    """The refusal of a polygon."""
    return Invalid("The polygon is wrong", {"polygon": [message]})


def _points(rings: list[list[Any]]) -> Iterator[tuple[str, Any]]:
    for number, ring in enumerate(rings):
        for at, point in enumerate(ring):
            yield f"Point {at} of ring {number}", point


def _check_point(where: str, point: Any) -> None:
    if not isinstance(point, list) or len(point) != 2:
        raise wrong(f"{where} is no pair of longitude and latitude.")
    if not all(type(degrees) in (int, float) for degrees in point):
        raise wrong(f"{where} is no pair of numbers.")
    for name, degrees, (low, high) in zip(("longitude", "latitude"), point, BOUNDS, strict=True):
        if not low <= degrees <= high:
            raise wrong(f"{where} is not in Sweden: the {name} is not {low:g} to {high:g}.")


def _check_ring(number: int, ring: list[Any]) -> None:
    if len(ring) < 4:
        raise wrong(f"Ring {number} has {len(ring)} points; the least is 4, with the first again.")
    if ring[0] != ring[-1]:
        raise wrong(f"Ring {number} is not closed: its last point is not its first.")


def _why(found: Polygon) -> str:
    reason = explain_validity(found)
    explained = EXPLAINED.match(reason)
    if explained is None:
        return f"{reason}."
    return f"{explained['what']} at {_place(float(explained['x']), float(explained['y']))}."


def _place(x: float, y: float) -> str:
    return f"{x:.5f}, {y:.5f}"
