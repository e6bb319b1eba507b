"""Sessions of courses, as they are asked and answered."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from infra.clock import STOCKHOLM
from infra.fields import Code, Count, Day, Id, Moment, Paging, Request, Text, Word
from infra.units import ROOT
from services.training.reviews import FEWEST
from services.training.sessions import CANCEL_REASONS, MODES, STATUSES

FIRST = datetime(1900, 1, 2, tzinfo=STOCKHOLM)
LAST = datetime(2100, 1, 1, tzinfo=UTC)
MOST_PLACES = 10_000


class SessionTime(Moment):
    """An instant at which a session may begin or end."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = validate.Range(FIRST, LAST, error="Before 1900, or after 2099.")
        super().__init__(validate=bounds, **kwargs)


class SessionLink(Text):
    """Where to meet remotely."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(high=500, **kwargs)
        self.validators.append(validate.URL(schemes={"https"}, error="Not an https:// address."))


class SessionRequest(Request):
    """A course held by a unit: on a day, or from an instant to another."""

    id = Id(load_default=None)
    course_id = Id(required=True)
    unit = Code(required=True)
    starts_on = Day(load_default=None)
    starts_at = SessionTime(load_default=None, allow_none=True)
    ends_at = SessionTime(load_default=None, allow_none=True)
    mode = Word(*MODES, required=True)
    place = Code(load_default=None, allow_none=True)
    link = SessionLink(load_default=None, allow_none=True)
    capacity = Count(1, MOST_PLACES, load_default=None, allow_none=True)

    @validates_schema
    def _begin(self, data: dict[str, Any], **_: Any) -> None:
        if data["starts_on"] is None and data["starts_at"] is None:
            raise ValidationError("Say on which day it starts, or at which instant.", "starts_on")


class SessionChange(Request):
    """What is to be otherwise; what is left out stays."""

    starts_at = SessionTime()
    ends_at = SessionTime()
    place = Code(allow_none=True)
    link = SessionLink(allow_none=True)
    capacity = Count(1, MOST_PLACES, allow_none=True)


class SessionAnswer(SessionRequest):
    """A session, and the mean of its grades, unless they are too few."""

    status = Word(*STATUSES)
    cancel_reason = Word(*CANCEL_REASONS, allow_none=True)
    version = Count(1)
    grade = fields.Float(allow_none=True, validate=validate.Range(1, 5))
    reviews = Count(FEWEST, allow_none=True)


class SessionsQuery(Paging):
    """Which sessions to list: of a unit and all below it, from a day on."""

    unit = Code(load_default=ROOT)
    course_id = Id(load_default=None)
    from_ = Day(data_key="from", load_default=None)


class SessionCancelRequest(Request):
    """Why it will not be held."""

    reason = Word(*CANCEL_REASONS, required=True)
