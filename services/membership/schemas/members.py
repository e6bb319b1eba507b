"""What is asked and answered about members."""

from datetime import date

from marshmallow import fields

from infra.fields import Code, Day, Flag, Id, Moment, Paging, Request, Text, Word
from services.membership.events.members import LEAVE_REASONS, SOURCES
from services.membership.members import AFFILIATIONS, STATUSES
from services.membership.schemas.kinds import (
    CONSENT,
    Email,
    PersonalNumber,
    Phone,
    differ,
    texts,
)


class UnionRequest(Request):
    """What somebody tells of their union, with consent of its own."""

    organisation = Text(required=True)
    official = Flag(load_default=False)
    consent_at = Moment(required=True, validate=CONSENT)


class MemberRequest(Request):
    """Somebody who joins."""

    id = Id(load_default=None)
    unit = Code(required=True)
    joined_on = Day(required=True)
    source = Word(*SOURCES, required=True)
    prospect_id = Id(load_default=None, allow_none=True)
    recruited_by = Text(high=64, load_default=None, allow_none=True)
    name = Text(required=True)
    email = Email(load_default=None, allow_none=True)
    phone = Phone(load_default=None, allow_none=True)
    personal_number = PersonalNumber(load_default=None, allow_none=True)
    birth_date = Day(date(1900, 1, 1), load_default=None, allow_none=True)
    union = fields.Nested(UnionRequest, load_default=None, allow_none=True)
    interests = texts()
    competences = texts()
    affiliations = fields.List(Word(*AFFILIATIONS), load_default=list, validate=differ)
    paid_until = Day(load_default=None, allow_none=True)


class MemberAnswer(Request):
    """A member, without personal data."""

    id = Id()
    unit = Code()
    status = Word(*STATUSES)
    joined_on = Day()
    source = Word(*SOURCES)
    prospect_id = Id(allow_none=True)
    recruited_by = Text(allow_none=True)
    left_on = Day(allow_none=True)
    reason = Word(*LEAVE_REASONS, attribute="leave_reason", allow_none=True)
    previous_left_on = Day(allow_none=True)
    paid_until = Day(allow_none=True)
    interests = fields.List(Text(high=50))
    competences = fields.List(Text(high=50))
    merged_into = Id(allow_none=True)


class LeaveRequest(Request):
    """When and why somebody leaves."""

    left_on = Day(required=True)
    reason = Word(*LEAVE_REASONS, required=True)


class TransferRequest(Request):
    """Where a member moves, and when."""

    unit = Code(required=True)
    on = Day(required=True)


class MembersQuery(Paging):
    """Which members to list: of a unit and all below it."""

    unit = Code(load_default="SE")
    status = Word(*STATUSES, load_default=None)
