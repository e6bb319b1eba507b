"""What training is asked, what it answers, and what it reads of others' events."""

from marshmallow import fields

from infra.fields import Code, Count, Data, Day, Flag, Id, Paging, Request, Text, Word
from infra.units import ROOT
from services.training.courses import MODES
from services.training.events import COURSES, OWED
from services.training.obligations import STATUSES


class JoinedData(Data):
    """member_joined."""

    member_id = Id(required=True)
    unit = Code(required=True)
    joined_on = Day(required=True)
    source = Text(high=40, required=True)
    previous_left_on = Day(load_default=None)


class LeftData(Data):
    """member_left."""

    member_id = Id(required=True)
    left_on = Day(required=True)


class MergedData(Data):
    """member_merged."""

    member_id = Id(required=True)


class ErasedData(Data):
    """member_erased."""

    member_id = Id(required=True)


class ObligationAnswer(Request):
    """An obligation: what its events say, with its status."""

    id = Id()
    obligation_id = Id(attribute="id", dump_only=True)
    member_id = Id()
    unit = Code()
    kind = Word(*OWED)
    opened_on = Day()
    due_on = Day(allow_none=True)
    offered_on = Day(allow_none=True)
    on_time = Flag(allow_none=True)
    status = Word(*STATUSES)
    version = Count(1)


class ObligationsQuery(Paging):
    """Which obligations to list: of a unit and all below it."""

    unit = Code(load_default=ROOT)
    kind = Word(*OWED, load_default=None)
    status = Word(*STATUSES, load_default=None)


class SummaryQuery(Request):
    """Whose obligations to sum up."""

    unit = Code(load_default=ROOT)


class SummaryAnswer(Request):
    """How many obligations of a unit and all below it have each status.

    `on_time_share` is the share of what was offered on time in all that was offered or is
    overdue; null while there is none.
    """

    unit = Code()
    open = Count()
    due_in_30_days = Count()
    overdue = Count()
    met = Count()
    met_late = Count()
    cancelled = Count()
    on_time_share = fields.Float(allow_none=True)


class MemberRequest(Request):
    """A member, by id alone."""

    member_id = Id(required=True)


class OfferRequest(Request):
    """A member was offered what is owed to them."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    kind = Word(*OWED, required=True)
    offered_on = Day(required=True)
    via = Text(high=64, load_default=None, allow_none=True)


class OfferAnswer(OfferRequest):
    """A stored offer and the obligation that it is for."""

    obligation_id = Id()


class UnitOfferRequest(Request):
    """Everyone in a unit, and below it, was offered what is owed to them."""

    unit = Code(required=True)
    kind = Word(*OWED, required=True)
    offered_on = Day(required=True)
    via = Text(high=64, load_default=None, allow_none=True)


class UnitOfferAnswer(Request):
    """How many were offered it by this."""

    offered = Count()


class CourseRequest(Request):
    """A course; the party's own unless a unit is named."""

    id = Id(load_default=None)
    kind = Word(*COURSES, required=True)
    title = Text(required=True)
    unit = Code(load_default=ROOT)


class SessionRequest(Request):
    """A course held by a unit."""

    id = Id(load_default=None)
    course_id = Id(required=True)
    unit = Code(required=True)
    starts_on = Day(required=True)
    mode = Word(*MODES, required=True)


class CompletionRequest(Request):
    """A member completed the session's course."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    completed_on = Day(required=True)


class CompletionAnswer(CompletionRequest):
    """A stored completion."""

    session_id = Id()
    course_id = Id()
