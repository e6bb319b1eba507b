"""What is asked and answered about the way of new members, and what is read of others' events."""

from marshmallow import fields

from infra.fields import Code, Count, Data, Day, Id, Paging, Request, Text
from services.membership.schemas.assignments import VacancyAnswer


class ObligationData(Data):
    """Any event of an obligation."""

    obligation_id = Id(required=True)
    member_id = Id(required=True)
    kind = Text(high=40, required=True)
    opened_on = Day(required=True)
    version = Count(1, required=True)
    due_on = Day(load_default=None)
    offered_on = Day(load_default=None)


class CompletedData(Data):
    """course_completed."""

    member_id = Id(required=True)
    kind = Text(high=40, required=True)
    completed_on = Day(required=True)


class AttendedData(Data):
    """activity_attended."""

    member_id = Id(required=True)
    held_on = Day(required=True)


class Step(Request):
    """Training on the way: until when it was to be offered, when it was, when it was completed."""

    due_on = Day(allow_none=True)
    offered_on = Day(allow_none=True)
    completed_on = Day(allow_none=True)


class Steps(Request):
    """What is known of a way; None where nothing is."""

    introduction = fields.Nested(Step, allow_none=True)
    education = fields.Nested(Step, allow_none=True)
    first_activity_on = Day(allow_none=True)


class JourneyAnswer(Steps):
    """A member's way from being asked to the first task."""

    member_id = Id()
    unit = Code()
    asked_on = Day(allow_none=True)
    joined_on = Day()
    first_task_on = Day(allow_none=True)


class Newcomer(Steps):
    """A new member, and the nearest day of what is still owed."""

    member_id = Id()
    unit = Code()
    joined_on = Day()
    due_on = Day(allow_none=True)


class WelcomeQuery(Paging):
    """Whose new members to list: of a unit and all below it."""

    unit = Code(load_default="SE")


class WelcomeAnswer(Request):
    """New members page by page; on each, units without a welcome officer and free mentors."""

    items = fields.List(fields.Nested(Newcomer))
    next = Text(allow_none=True)
    vacancies = fields.List(fields.Nested(VacancyAnswer))
    mentor_ids = fields.List(Id())
