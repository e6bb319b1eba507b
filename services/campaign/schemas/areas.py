"""Areas and who has them, as they are asked and answered."""

from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import Code, Count, Flag, Id, Moment, Paging, QueryFlag, Request, Word
from services.campaign.area_assignments import RELEASE_REASONS
from services.campaign.area_rounds import MOST
from services.campaign.events.areas import END_REASONS, MODES
from services.campaign.polygons import MOST_POINTS
from services.campaign.schemas.households import RoundAnswer
from services.campaign.schemas.kinds import Impersonal

MOST_HOUSEHOLDS = 100_000


class Rings(fields.Field[list[list[Any]]]):
    """A list of lists; whether they are the rings of a polygon, the noun says."""

    def __init__(self) -> None:
        rings = "Rings of [longitude, latitude], the outer one first, then holes; each ends where"
        described = f"{rings} it begins. At most {MOST_POINTS} points in all."
        super().__init__(required=True, metadata={"type": "array", "description": described})

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> list[list[Any]]:
        if not isinstance(value, list) or not all(isinstance(ring, list) for ring in value):
            raise ValidationError("Not a list of rings.")
        return value


class GeoPolygon(Request):
    """A GeoJSON Polygon."""

    type = Word("Polygon", required=True)
    coordinates = Rings()


class AreaRequest(Request):
    """An area: a polygon on the map, with so many households."""

    id = Id(load_default=None)
    unit = Code(required=True)
    name = Impersonal(required=True)
    polygon = fields.Nested(GeoPolygon, required=True)
    households = Count(1, MOST_HOUSEHOLDS, required=True)
    exclusive = Flag(load_default=True)


class AreaChange(Request):
    """What may be mended of an area."""

    name = Impersonal()
    households = Count(1, MOST_HOUSEHOLDS)


class AreaAssignmentRequest(Request):
    """Who is to have an area, until when; whether they report visits or tallies."""

    id = Id(load_default=None)
    assignee = Impersonal(high=64, required=True)
    until = Moment(required=True)
    mode = Word(*MODES, required=True)


class HandOutRequest(AreaAssignmentRequest):
    """Who is to have the next free area of a unit."""

    unit = Code(required=True)


class AreaAssignmentAnswer(AreaAssignmentRequest):
    """An assignment; over once it has an `ended_at`, or `until` has come."""

    area_id = Id()
    unit = Code()
    round = Count(1)
    assigned_at = Moment()
    ended_at = Moment(allow_none=True)
    end_reason = Word(*END_REASONS, allow_none=True)
    release_reason = Word(*RELEASE_REASONS, allow_none=True)


class AreaAnswer(AreaRequest):
    """An area, and who has it now."""

    round = Count(1)
    created_at = Moment()
    assignment = fields.Nested(AreaAssignmentAnswer, allow_none=True)


class AreaDoneAnswer(AreaAnswer):
    """An area, who has it now, and what was done in its rounds."""

    rounds = fields.List(fields.Nested(RoundAnswer))


class AreasQuery(Paging):
    """Which areas to list: of a unit and all below it, those that nobody has or somebody has."""

    unit = Code(load_default="SE")
    free = QueryFlag(load_default=None)


class ReleaseRequest(Request):
    """Which assignment is given back, the last one if none is named, and how far it was done."""

    assignment_id = Id(load_default=None, allow_none=True)
    reason = Word(*RELEASE_REASONS, load_default=None, allow_none=True)


class RoundRequest(Request):
    """The round to begin: one more than the area is in."""

    round = Count(2, MOST, required=True)
