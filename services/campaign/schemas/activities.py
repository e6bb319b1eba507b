"""Activities, as they are planned, shown, held, cancelled and evaluated."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.clock import STOCKHOLM
from infra.fields import Code, Count, Day, Flag, Id, Moment, Paging, Request, Text, Word
from services.campaign.activities import CANCEL_REASONS, LEADERS, PARTNERS, STATUSES
from services.campaign.conversations import FIRST_DAY
from services.campaign.events.activities import MODES, MOST_GUESTS
from services.campaign.schemas.activity_kinds import KindWord
from services.campaign.schemas.kinds import Impersonal

MOST_MEMBERS = 1000
MOST_PLACES = 100_000
FIRST = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=STOCKHOLM)
LAST = datetime(2100, 1, 1, tzinfo=UTC)


def _differ(values: Sequence[object]) -> None:
    if len(set(values)) < len(values):
        raise ValidationError("Something is there twice.")


class Time(Moment):
    """An instant at which an activity may begin or end."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = validate.Range(FIRST, LAST, error=f"Before {FIRST_DAY}, or after 2099.")
        super().__init__(validate=bounds, **kwargs)


class Link(Impersonal):
    """Where to meet remotely."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(high=500, **kwargs)
        self.validators.append(validate.URL(schemes={"https"}, error="Not an https:// address."))


class ActivityLeader(Request):
    """Who leads it: of which group they are, and no more."""

    group = Word(*LEADERS, required=True)


class ActivityRequest(Request):
    """An activity that a unit plans.

    It is open unless it decides, or says why not. A remote or hybrid one has a link. Over the
    limit, sign-ups wait; in a hybrid activity the limit is of those in the room.
    """

    id = Id(load_default=None)
    unit = Code(required=True)
    kind = KindWord(required=True)
    title = Impersonal(required=True)
    mode = Word(*MODES, required=True)
    link = Link(load_default=None)
    starts_at = Time(required=True)
    ends_at = Time(required=True)
    open = Flag(load_default=None)
    closed_reason = Impersonal(load_default=None)
    limit = Count(1, MOST_PLACES, load_default=None)
    entry_id = Id(load_default=None)
    leader = fields.Nested(ActivityLeader, load_default=None)
    partners = fields.List(
        Word(*PARTNERS),
        load_default=list,
        validate=(validate.Length(max=len(PARTNERS)), _differ),
    )
    other_partners = fields.List(
        Impersonal(high=100), load_default=list, validate=(validate.Length(max=20), _differ)
    )
    areas = fields.List(Id(), load_default=list, validate=(validate.Length(max=100), _differ))


class ActivityAnswer(Request):
    """An activity, with how many came and what its unit thought of it."""

    id = Id()
    activity_id = Id(attribute="id", dump_only=True)
    unit = Code()
    kind = KindWord()
    title = Text()
    mode = Word(*MODES)
    link = Text(high=500, allow_none=True)
    starts_at = Moment()
    ends_at = Moment()
    held_on = Day()
    open = Flag()
    closed_reason = Text(allow_none=True)
    limit = Count(1, MOST_PLACES, allow_none=True)
    entry_id = Id(allow_none=True)
    leader = fields.Nested(ActivityLeader, allow_none=True)
    partners = fields.List(Word(*PARTNERS))
    other_partners = fields.List(Text(high=100))
    areas = fields.List(Id())
    status = Word(*STATUSES)
    cancel_reason = Text(allow_none=True)
    members = Count()
    guests = Count()
    grade = Count(1, 5, allow_none=True)
    worked = Text(high=1000, allow_none=True)
    improve = Text(high=1000, allow_none=True)
    version = Count(1)


class ActivitiesQuery(Paging):
    """Which activities to list: of a unit and all below it, the first day first."""

    unit = Code(load_default="SE")
    kind = KindWord(load_default=None)
    status = Word(*STATUSES, load_default=None)
    held_from = Day(data_key="from", load_default=None)
    held_to = Day(data_key="to", load_default=None)


class ActivityMoveRequest(Request):
    """When the activity is instead; what is left out stays."""

    starts_at = Time(load_default=None)
    ends_at = Time(load_default=None)


class ActivityCancelRequest(Request):
    """Why the activity is not held."""

    reason = Word(*CANCEL_REASONS, required=True)


class AttendanceRequest(Request):
    """Who came: members, who join those told of before; a number of guests, which replaces."""

    members = fields.List(Id(), load_default=list, validate=validate.Length(max=MOST_MEMBERS))
    guests = Count(0, MOST_GUESTS, load_default=None)
    held_on = Day(FIRST_DAY, load_default=None)


class ActivityEvaluationRequest(Request):
    """What the unit thought of it: a grade from 1 to 5, what worked, what to improve."""

    grade = Count(1, 5, required=True)
    worked = Impersonal(high=1000, load_default=None)
    improve = Impersonal(high=1000, load_default=None)
