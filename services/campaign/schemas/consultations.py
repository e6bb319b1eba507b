"""What is asked and answered about consultations."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.fields import Code, Count, Id, Moment, Paging, Request, Text, Word
from services.campaign.events.consultations import MOST_OPTIONS
from services.campaign.schemas.kinds import Impersonal

MOST_UNITS = 400
LONGEST_QUESTION = 500
LONGEST_OPTION = 200
STATUSES = ("planned", "open", "closed")


def _different(values: list[Any]) -> None:
    if len(set(values)) < len(values):
        raise ValidationError("One of them is there twice.")


class ConsultationRequest(Request):
    """A question with 2 to 10 options; without `units` all of the unit's members are asked."""

    id = Id(load_default=None)
    unit = Code(required=True)
    question = Impersonal(high=LONGEST_QUESTION, required=True)
    options = fields.List(
        Impersonal(high=LONGEST_OPTION),
        required=True,
        validate=[validate.Length(min=2, max=MOST_OPTIONS), _different],
    )
    units = fields.List(
        Code(),
        load_default=None,
        allow_none=True,
        validate=[validate.Length(min=1, max=MOST_UNITS), _different],
    )
    opens_at = Moment(required=True)
    closes_at = Moment(required=True)


class ConsultationReply(ConsultationRequest):
    """A stored consultation."""

    status = Word(*STATUSES)


class ConsultationAnswerRequest(Request):
    """Which option a member of the unit chose; the first is 0."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    unit = Code(required=True)
    option = Count(0, MOST_OPTIONS - 1, required=True)


class ConsultationAnswerReply(ConsultationAnswerRequest):
    """A stored answer."""

    consultation_id = Id()
    answered_at = Moment()


class ConsultationsQuery(Paging):
    """Which consultations to list: those that ask members of a unit."""

    unit = Code(load_default="SE")
    status = Word(*STATUSES, load_default=None)


class ResultsQuery(Request):
    """Whose results: a unit's with all below it."""

    unit = Code(load_default="SE")


class UnitResult(Request):
    """How many answered, and how many chose each option, in order; null is hidden."""

    unit = Code()
    name = Text()
    answers = Count(allow_none=True)
    counts = fields.List(Count(allow_none=True))


class ResultsReply(UnitResult):
    """The results of a unit, and of those one level down that are asked."""

    consultation_id = Id()
    status = Word(*STATUSES)
    question = Text(high=LONGEST_QUESTION)
    options = fields.List(Text())
    children = fields.List(fields.Nested(UnitResult))
