"""What metrics is asked, what it answers, and what it reads of others' events."""

from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import (
    Code,
    Count,
    Data,
    Day,
    Flag,
    Id,
    Moment,
    QueryCount,
    Request,
    Text,
    Word,
)

FIRST_YEAR, LAST_YEAR = 2000, 2100


class JoinedData(Data):
    """member_joined."""

    unit = Code(required=True)
    joined_on = Day(required=True)
    source = Text(high=40, required=True)
    previous_left_on = Day(load_default=None)


class LeftData(Data):
    """member_left."""

    unit = Code(required=True)
    left_on = Day(required=True)
    reason = Text(high=40, required=True)


class TransferredData(Data):
    """member_transferred."""

    from_unit = Code(required=True)
    to_unit = Code(required=True)
    on = Day(required=True)


class MergedData(JoinedData):
    """member_merged: a membership that is taken back."""

    transfers = fields.List(fields.Nested(TransferredData), required=True)
    left_unit = Code(load_default=None)
    left_on = Day(load_default=None)
    reason = Text(high=40, load_default=None)


class ConversationData(Data):
    """conversation_logged and conversation_voided."""

    unit = Code(required=True)
    arena = Text(high=40, required=True)
    held_on = Day(required=True)
    count = Count(1, required=True)


class ObligationData(Data):
    """obligation_opened and what follows it."""

    obligation_id = Id(required=True)
    unit = Code(required=True)
    kind = Text(high=40, required=True)
    due_on = Day(load_default=None)
    on_time = Flag(load_default=None)
    version = Count(1, required=True)


class GoalsQuery(Request):
    """Whose goals, of which year; this year if none is named."""

    unit = Code(load_default="SE")
    year = QueryCount(FIRST_YEAR, LAST_YEAR, load_default=None)


class Number(fields.Float):
    """A number from 0 on that a counter can reach."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": 0, "maximum": 2**53}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Not a number.")
        if not 0 <= value <= 2**53:
            raise ValidationError("Out of range.")
        return value


class TargetRequest(Request):
    """A target; `local` makes it the unit's own beside the given one."""

    target = Number(required=True)
    local = Flag(load_default=False)


class BaselineRequest(Request):
    """What a goal stood at before, and where the figure is from."""

    value = Number(required=True)
    source = Text(required=True)
    unit = Code(load_default="SE")


class TargetAnswer(Request):
    """A target as it is set."""

    key = Text()
    year = Count()
    unit = Code()
    target = fields.Float()
    local = Flag()


class ListedTarget(Request):
    """What one goal's targets and baseline are."""

    key = Text()
    target = fields.Float(allow_none=True)
    local_target = fields.Float(allow_none=True)
    baseline = fields.Float(allow_none=True)


class TargetsAnswer(Request):
    """The targets of one unit in one year."""

    unit = Code()
    year = Count()
    items = fields.List(fields.Nested(ListedTarget))
    next = Text(allow_none=True)


class BaselineAnswer(Request):
    """A baseline as it is set."""

    key = Text()
    unit = Code()
    value = fields.Float()
    source = Text()


class GoalAnswer(Request):
    """One goal of one unit in one year."""

    key = Text()
    value = fields.Float(allow_none=True)
    target = fields.Float(allow_none=True)
    local_target = fields.Float(allow_none=True)
    status = Word("met", "on_pace", "behind", "missed", "no_target", "no_baseline")
    expected = fields.Float(allow_none=True)
    gap = fields.Float(allow_none=True)
    rate_needed = fields.Float(allow_none=True)
    forecast = fields.Float(allow_none=True)
    baseline = fields.Float(allow_none=True)
    split = fields.Dict(keys=fields.String(), values=fields.Integer())


class BoardAnswer(Request):
    """All goals of one unit in one year."""

    unit = Code()
    name = Text()
    year = Count()
    as_of = Day()
    goals = fields.List(fields.Nested(GoalAnswer))


class OneGoalAnswer(GoalAnswer):
    """One goal by itself, with whose it is."""

    unit = Code()
    name = Text()
    year = Count()
    as_of = Day()


class ChildAnswer(Request):
    """One unit of a breakdown."""

    unit = Code()
    name = Text()
    value = fields.Float(allow_none=True)
    target = fields.Float(allow_none=True)
    local_target = fields.Float(allow_none=True)
    status = Word("met", "on_pace", "behind", "missed", "no_target", "no_baseline")


class RemainderAnswer(Request):
    """What is in none of the units of a breakdown."""

    value = fields.Float(allow_none=True)
    target = fields.Float(allow_none=True)


class BreakdownAnswer(Request):
    """One goal for the units one level down."""

    key = Text()
    unit = Code()
    year = Count()
    children = fields.List(fields.Nested(ChildAnswer))
    remainder = fields.Nested(RemainderAnswer)


class RebuildRequest(Request):
    """A rebuild to begin."""

    id = Id(load_default=None)


class SourceAnswer(Request):
    """How far one feed has been read, and where it ends."""

    source = Text()
    position = Count()
    head = Count()


class RebuildAnswer(Request):
    """The last rebuild; `state` is idle when there was none."""

    id = Id(allow_none=True)
    state = Word("idle", "running", "done", "failed")
    sources = fields.List(fields.Nested(SourceAnswer))
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)
    error = Text(high=1000, allow_none=True)
