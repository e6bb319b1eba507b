"""Visits to doors and tallies of them, as they are asked and answered."""

from datetime import UTC, datetime

from marshmallow import validate

from infra import clock
from infra.fields import Count, Day, Id, Moment, Request, Word
from services.campaign.conversations import FIRST_DAY
from services.campaign.households import OUTCOMES
from services.campaign.schemas.households import LONGEST
from services.campaign.schemas.kinds import Impersonal

FIRST_INSTANT = datetime(
    FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=clock.STOCKHOLM
).astimezone(UTC)
# Instants at the very end of the calendar have no counterpart in UTC.
LAST_INSTANT = datetime(9000, 1, 1, tzinfo=UTC)
MOST = 10_000
"""Doors of one kind in one tally."""


class VisitRequest(Request):
    """A visit to a household, told by its opaque reference."""

    id = Id(load_default=None)
    area_id = Id(required=True)
    assignment_id = Id(load_default=None, allow_none=True)
    household = Impersonal(high=LONGEST, required=True)
    visited_at = Moment(
        required=True,
        validate=validate.Range(FIRST_INSTANT, LAST_INSTANT, error="Not from 2015 until now."),
    )
    outcome = Word(*OUTCOMES, required=True)


class VisitAnswer(VisitRequest):
    """A stored visit, with the assignment that it was made in and its round."""

    round = Count(1)


class TallyRequest(Request):
    """How many doors came to what on a day."""

    id = Id(load_default=None)
    on = Day(FIRST_DAY, required=True)
    no_answer = Count(0, MOST, required=True)
    declined = Count(0, MOST, required=True)
    return_later = Count(0, MOST, required=True)
    conversation = Count(0, MOST, required=True)


class TallyAnswer(TallyRequest):
    """A stored tally, with the assignment that it was made in and its round."""

    area_id = Id()
    assignment_id = Id()
    round = Count(1)
