"""Targets and baselines, as they are asked for and answered."""

from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import Code, Count, Flag, Request, Text


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
