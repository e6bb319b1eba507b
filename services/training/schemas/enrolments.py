"""Enrolments and reviews, as they are asked and answered."""

from marshmallow import fields, validate

from infra.fields import Count, Id, Moment, Paging, Request, Word
from services.training.enrolments import STATES
from services.training.schemas.courses import differ

MOST = 1000


class EnrolRequest(Request):
    """The members to enrol, all or none."""

    member_ids = fields.List(
        Id(), required=True, validate=[validate.Length(min=1, max=MOST), differ]
    )


class EnrolmentAnswer(Request):
    """A stored enrolment, whose turn is its `number`; erased members have no id."""

    member_id = Id(allow_none=True)
    number = Count(1)
    state = Word(*STATES)
    enrolled_at = Moment()


class EnrolledAnswer(Request):
    """Those who were asked for, in that order."""

    items = fields.List(fields.Nested(EnrolmentAnswer))


class EnrolmentsQuery(Paging):
    """Which enrolments in a session to list, in turn."""

    state = Word(*STATES, load_default=None)


class WithdrawEnrolmentRequest(Request):
    """Nothing needs to be said."""


class SessionReviewRequest(Request):
    """What a participant thought of the session: a grade, and no words."""

    member_id = Id(required=True)
    grade = Count(1, 5, required=True)


class SessionReviewAnswer(SessionReviewRequest):
    """A stored grade."""

    session_id = Id()
