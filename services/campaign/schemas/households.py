"""The households of an area: listing them, the next doors, and how far they are done."""

from marshmallow import fields, validate

from infra.fields import Code, Count, Id, Moment, QueryCount, Request, Text, Word
from services.campaign.households import OUTCOMES
from services.campaign.schemas.kinds import Impersonal

MOST = 1000
LONGEST = 64


class HouseholdsRequest(Request):
    """Households in walking order, each by an opaque reference."""

    references = fields.List(
        Impersonal(high=LONGEST), required=True, validate=validate.Length(min=1, max=MOST)
    )


class HouseholdsAnswer(Request):
    """How many households an area lists, of how many that it has."""

    area_id = Id()
    listed = Count()
    households = Count()


class DoorsQuery(Request):
    """How many of the next doors to show."""

    limit = QueryCount(1, 500, load_default=100)


class DoorAnswer(Request):
    """A household, and what came of the last visit: when, and in which round (0 before one)."""

    household = Text(attribute="reference")
    round = Count()
    outcome = Word(*OUTCOMES, allow_none=True)
    visited_at = Moment(allow_none=True)


class DoorsAnswer(Request):
    """The next doors in the area's round: those not visited in it, then those to return to."""

    area_id = Id()
    round = Count(1)
    doors = fields.List(fields.Nested(DoorAnswer))


class RoundAnswer(Request):
    """What was done in one round; `share` is that of the households knocked on, from 0 to 1."""

    round = Count(1)
    doors = Count()
    reached = Count()
    conversations = Count()
    share = fields.Float()


class AreaProgressAnswer(Request):
    """How far an area is, by round; `round` is the one it is in."""

    area_id = Id()
    unit = Code()
    households = Count()
    round = Count(1)
    rounds = fields.List(fields.Nested(RoundAnswer))


class UnitProgressQuery(Request):
    """Whose areas to sum up: those of a unit and all below it."""

    unit = Code(load_default="SE")


class UnitProgressAnswer(Request):
    """How far the areas of a unit and all below it are together, by round."""

    unit = Code()
    areas = Count()
    households = Count()
    rounds = fields.List(fields.Nested(RoundAnswer))
