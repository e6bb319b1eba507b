"""Obligations, as they are asked for and shown."""

from marshmallow import fields

from infra.fields import Code, Count, Day, Flag, Id, Paging, Request, Word
from infra.units import ROOT
from services.training.deadlines import INTRODUCTION
from services.training.events import OWED, STATUSES


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


class SummariesQuery(Request):
    """Of which unit's parts to sum the obligations up."""

    unit = Code(load_default=ROOT)
    kind = Word(*OWED, load_default=None)


class OpeningRequest(Request):
    """Open the introduction for those who joined before a day, in a unit and below it."""

    unit = Code(load_default=ROOT)
    kind = Word(INTRODUCTION, required=True)
    joined_before = Day(required=True)


class OpeningAnswer(Request):
    """How many were opened by this."""

    opened = Count()
