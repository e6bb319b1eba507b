"""What is asked and answered about memberships: begun again, corrected, lapsing, lasting."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, missing, validates_schema

from infra.fields import Code, Count, Day, Flag, Id, Paging, QueryCount, Request, Text, Word
from services.membership.events.members import SOURCES
from services.membership.members import AFFILIATIONS
from services.membership.schemas.kinds import Email, PersonalNumber, Phone, differ, texts
from services.membership.schemas.members import UnionRequest


class RejoinRequest(Request):
    """Where, when and how somebody who left is a member again."""

    unit = Code(required=True)
    joined_on = Day(required=True)
    source = Word(*SOURCES, required=True)


class MemberPatch(Request):
    """What changes of what a member has told; null withdraws it, what is left out stays."""

    name = Text()
    email = Email(allow_none=True)
    phone = Phone(allow_none=True)
    personal_number = PersonalNumber(allow_none=True)
    birth_date = Day(date(1900, 1, 1), allow_none=True)
    union = fields.Nested(UnionRequest, allow_none=True)
    affiliations = fields.List(Word(*AFFILIATIONS), validate=differ)
    interests = texts(load_default=missing)
    competences = texts(load_default=missing)
    recruited_by = Text(high=64, allow_none=True)
    paid_until = Day(allow_none=True)

    @validates_schema
    def something_changes(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a change of nothing."""
        if not data:
            raise ValidationError("Needs something that changes.")


class LapsingQuery(Paging):
    """Whose fee is paid for at most so many days more."""

    unit = Code(load_default="SE")
    within = QueryCount(0, 366, load_default=30)


class LapsingAnswer(Request):
    """A member whose fee is paid until a day, without personal data."""

    id = Id()
    unit = Code()
    joined_on = Day()
    paid_until = Day()


class RetentionQuery(Request):
    """Whose memberships to sum up."""

    unit = Code(load_default="SE")


class CohortAnswer(Request):
    """Memberships that began in the same time: how many, and how many ended in a year."""

    year = Count()
    joined = Count()
    left = Count()
    share = fields.Float(allow_none=True)
    complete = Flag()


class QuarterAnswer(CohortAnswer):
    """Those of a quarter."""

    quarter = Count(1, 4)


class YearAnswer(CohortAnswer):
    """Those of a year, and of each of its quarters."""

    quarters = fields.List(fields.Nested(QuarterAnswer))


class RetentionAnswer(Request):
    """The cohorts of a unit and all below it, the last first."""

    unit = Code()
    items = fields.List(fields.Nested(YearAnswer))
    next = Text(allow_none=True)
