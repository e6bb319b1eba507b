"""What is asked and answered about the yearly conference."""

from marshmallow import fields, validate

from infra.fields import Code, Count, Day, Id, Request, Word
from services.campaign.activities import STATUSES

MOST_UNITS = 400


class ConferenceRequest(Request):
    """The branches and districts that were there; those told before stay."""

    units = fields.List(Code(), required=True, validate=validate.Length(min=1, max=MOST_UNITS))


class ConferenceAttendanceReply(ConferenceRequest):
    """What was told, and of which conference."""

    activity_id = Id()
    held_on = Day()


class ConferenceQuery(Request):
    """Whose branches and districts: those of a unit and all below it."""

    unit = Code(load_default="SE")


class ConferenceReply(Request):
    """The conference of a year: who was there and who was not, and the wheels planned on it."""

    year = Count()
    activity_id = Id()
    held_on = Day()
    status = Word(*STATUSES)
    present = fields.List(Code())
    absent = fields.List(Code())
    wheels = fields.List(Id())
