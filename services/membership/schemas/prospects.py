"""What is asked and answered about prospects, and about the way from prospect to member."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from infra.fields import Code, Count, Day, Id, Moment, Paging, Request, Text, Word
from services.membership.events.members import SOURCES
from services.membership.prospects import ANSWERS, STATUSES
from services.membership.schemas.kinds import CONSENT, Email, Phone, texts
from services.membership.schemas.members import UnionRequest
from services.membership.schemas.personal import UnionAnswer


class BirthYearRequest(Request):
    """The year in which somebody was born, with consent of its own."""

    year = Count(1900, 2100, required=True)
    consent_at = Moment(required=True, validate=CONSENT)


class ProspectRequest(Request):
    """Somebody who consented, at `consent_at`, to be contacted.

    How to reach them may be known elsewhere: no name, address or number has to be told.
    """

    id = Id(load_default=None)
    unit = Code(required=True)
    consent_at = Moment(required=True, validate=CONSENT)
    source = Word(*SOURCES, required=True)
    interests = texts()
    conversation_id = Id(load_default=None, allow_none=True)
    activity_id = Id(load_default=None, allow_none=True)
    name = Text(load_default=None, allow_none=True)
    email = Email(load_default=None, allow_none=True)
    phone = Phone(load_default=None, allow_none=True)
    union = fields.Nested(UnionRequest, load_default=None, allow_none=True)
    birth_year = fields.Nested(BirthYearRequest, load_default=None, allow_none=True)


class ProspectAnswer(Request):
    """A prospect, without personal data; `answer` is the one to the last ask."""

    id = Id()
    unit = Code()
    status = Word(*STATUSES)
    source = Word(*SOURCES)
    consent_at = Moment()
    registered_on = Day()
    interests = fields.List(Text())
    conversation_id = Id(allow_none=True)
    activity_id = Id(allow_none=True)
    asks = Count()
    asked_on = Day(allow_none=True)
    last_asked_on = Day(allow_none=True)
    answer = Word(*ANSWERS, allow_none=True)
    declined_on = Day(allow_none=True)
    joined_on = Day(allow_none=True)


class BirthYearAnswer(Request):
    """The year in which somebody was born."""

    year = Count()
    consent_at = Moment()


class ProspectPersonAnswer(Request):
    """Who a prospect is and how to reach them, as far as they told it."""

    name = Text(allow_none=True)
    email = Text(allow_none=True)
    phone = Text(allow_none=True)
    union = fields.Nested(UnionAnswer, allow_none=True)
    birth_year = fields.Nested(BirthYearAnswer, allow_none=True)


class ShownProspectAnswer(ProspectAnswer):
    """A prospect, and to those who say why with the scope `membership:personal` who it is."""

    personal = fields.Nested(ProspectPersonAnswer)


class ProspectsQuery(Paging):
    """Which prospects to list: of a unit and all below it; without a status whom to ask."""

    unit = Code(load_default="SE")
    status = Word(*STATUSES, load_default=None)


class AskRequest(Request):
    """That somebody asked; `by` is an opaque reference to whoever did."""

    id = Id(load_default=None)
    asked_on = Day(required=True)
    by = Text(high=64, required=True)
    answer = Word(*ANSWERS, load_default=None, allow_none=True)


class AskAnswer(Request):
    """An ask."""

    id = Id()
    prospect_id = Id()
    asked_on = Day()
    by = Text()
    answer = Word(*ANSWERS, allow_none=True)


class DeclineRequest(Request):
    """When a prospect declined."""

    declined_on = Day(required=True)


class FunnelQuery(Request):
    """Whose funnel: a unit's with all below it, of those registered in a period."""

    unit = Code(load_default="SE")
    first = Day(data_key="from", load_default=None)
    last = Day(data_key="to", load_default=None)

    @validates_schema
    def begins_before_it_ends(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a period that is none."""
        if data["first"] and data["last"] and data["last"] < data["first"]:
            raise ValidationError("Before the first day.", "to")


class FunnelSource(Request):
    """How far the prospects of a source have come; medians of days, null where there are none."""

    source = Word(*SOURCES)
    prospects = Count()
    asked = Count()
    joined = Count()
    declined = Count()
    days_to_ask = fields.Float(allow_none=True)
    days_to_join = fields.Float(allow_none=True)


class FunnelRemainder(Request):
    """How far prospects have come; `askers` counts the different people who asked."""

    prospects = Count()
    asked = Count()
    joined = Count()
    declined = Count()
    not_yet_asked = Count()
    askers = Count()


class FunnelChild(FunnelRemainder):
    """The same of a unit one level down, with all below it."""

    unit = Code()
    name = Text()


class FunnelAnswer(Request):
    """The way from prospect to member by source, and by the units of the next level."""

    unit = Code()
    sources = fields.List(fields.Nested(FunnelSource))
    children = fields.List(fields.Nested(FunnelChild))
    remainder = fields.Nested(FunnelRemainder)
