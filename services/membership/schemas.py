"""What membership is asked, and what it answers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from infra.fields import Code, Count, Day, Flag, Id, Moment, Paging, Request, Text, Word
from infra.units import KINDS
from services.membership.events import LEAVE_REASONS, MOST_PEOPLE, SOURCES
from services.membership.members import AFFILIATIONS, STATUSES

MOST_UNITS = 5000
EMAIL = r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+\Z"
PHONE = r"\+?(?:[ ()/.-]{0,3}[0-9]){5,15}\Z"
PERSONAL_NUMBER = r"[0-9]{8}-?[0-9]{4}\Z"
# Instants at the very ends of the calendar have no counterpart in UTC.
CONSENT = validate.Range(
    datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC), error="Not in our time."
)


class Shaped(Text):
    """A text whose shape `pattern` tells; `wanted` says it in words."""

    def __init__(self, pattern: str, wanted: str, high: int, **kwargs: Any) -> None:
        super().__init__(high=high, **kwargs)
        self.validators.append(validate.Regexp(pattern, error=wanted))


def _differ(words: Sequence[str]) -> None:
    if len(set(words)) < len(words):
        raise ValidationError("Something is there twice.")


def _texts() -> "fields.List[str]":
    few = validate.Length(max=20)
    return fields.List(Text(high=50), load_default=list, validate=(few, _differ))


class EditionUnit(Request):
    """A unit of an edition."""

    code = Code(required=True)
    name = Text(required=True)
    kind = Word(*KINDS, required=True)
    parent = Code(load_default=None, allow_none=True)
    population = Count(0, MOST_PEOPLE, load_default=None, allow_none=True)


class EditionRequest(Request):
    """A whole organisation."""

    national = Flag(load_default=True)
    units = fields.List(
        fields.Nested(EditionUnit), required=True, validate=validate.Length(max=MOST_UNITS)
    )


class EditionAnswer(Request):
    """How many units an edition touched."""

    registered = Count()
    changed = Count()
    closed = Count()
    unchanged = Count()


class UnitRequest(EditionUnit):
    """A new unit, from a day on."""

    parent = Code(required=True)
    on = Day(load_default=None, allow_none=True)


class UnitPatch(Request):
    """What changes about a unit, from a day on."""

    on = Day(required=True)
    name = Text(load_default=None)
    parent = Code(load_default=None)
    open = Flag(load_default=None, validate=validate.Equal(False, error="Can only become false."))

    @validates_schema
    def something_changes(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a change of nothing."""
        if all(data[name] is None for name in ("name", "parent", "open")):
            raise ValidationError("Needs name, parent or open.")


class UnitAnswer(EditionUnit):
    """A unit as of its latest version."""

    open = Flag()
    version = Count()
    valid_from = Day()


class UnitsQuery(Paging):
    """Which units to list."""

    kind = Word(*KINDS, load_default=None)
    parent = Code(load_default=None)


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
    email = Shaped(EMAIL, "Not an e-mail address.", 254, load_default=None, allow_none=True)
    phone = Shaped(PHONE, "Not a telephone number.", 40, load_default=None, allow_none=True)
    personal_number = Shaped(
        PERSONAL_NUMBER, "Write it as YYYYMMDD-NNNN.", 13, load_default=None, allow_none=True
    )
    birth_date = Day(date(1900, 1, 1), load_default=None, allow_none=True)
    union = fields.Nested(UnionRequest, load_default=None, allow_none=True)
    interests = _texts()
    competences = _texts()
    affiliations = fields.List(Word(*AFFILIATIONS), load_default=list, validate=_differ)


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
