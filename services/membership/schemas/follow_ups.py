"""What is asked and answered about follow-ups."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import Code, Count, Day, Flag, Id, Request, Text

# An address, a telephone number, a personal number: what reaches or names a person.
REACHES = re.compile(
    r"@|(?:\+|(?<![\d.])0)(?:[ ()/.-]{0,3}\d){6}|(?<!\d)(?:\d{2})?\d{6}[-+ ]?\d{4}(?!\d)"
)
DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?![\d-])")


class Note(Text):
    """A free text about a unit: what reaches or names a person is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if REACHES.search(DATE.sub("", text)):
            raise ValidationError("Without e-mail addresses, telephone or personal numbers.")
        return text


class FollowUpRequest(Request):
    """Support for a unit that was agreed on, until when."""

    id = Id(load_default=None)
    unit = Code(required=True)
    agreed_on = Day(required=True)
    until = Day(required=True)
    text = Note(high=2000, load_default=None, allow_none=True)


class FollowUpAnswer(FollowUpRequest):
    """What was agreed; `ended_on` once it is over."""

    ended_on = Day(allow_none=True)


class EndRequest(Request):
    """When it ended."""

    ended_on = Day(required=True)


class FollowUpsQuery(Request):
    """Whose units to follow up: those one level below it."""

    unit = Code(load_default="SE")


class NeedAnswer(Request):
    """How a unit, with all below it, is, and what support is agreed."""

    unit = Code()
    name = Text()
    need = Count()
    vacancies = fields.List(Text())
    silent = Flag()
    heard_on = Day(allow_none=True)
    members = Count()
    members_a_year_ago = Count()
    follow_ups = fields.List(fields.Nested(FollowUpAnswer))
