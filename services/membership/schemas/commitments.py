"""What is asked and answered about commitments."""

from marshmallow import fields

from infra.fields import Code, Count, Day, Flag, QueryCount, Request, Text, Word
from services.membership.commitments import LEVELS, REFORMS

FIRST_YEAR, LAST_YEAR = 2000, 2100


class CommitmentsQuery(Request):
    """Whose commitments, in which year (this one if none is named), of which reform."""

    unit = Code(load_default="SE")
    year = QueryCount(FIRST_YEAR, LAST_YEAR, load_default=None)
    reform = Word(*REFORMS, load_default=None)


class CommitmentAnswer(Request):
    """One undertaking, and how far a unit and those one level below it are with it."""

    key = Text()
    reform = Word(*REFORMS)
    levels = fields.List(Word(*dict.fromkeys(LEVELS.values())))
    yearly = Flag()
    undertaking = Text()
    own = Flag()
    fulfilled_on = Day(allow_none=True)
    children = Count()
    children_fulfilled = Count()


class FulfilmentRequest(Request):
    """When a commitment was fulfilled."""

    fulfilled_on = Day(required=True)


class FulfilmentAnswer(Request):
    """A commitment that a unit has fulfilled."""

    unit = Code()
    key = Text()
    fulfilled_on = Day()
