"""A goal over time, as it is asked for and answered."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import Code, Count, Day, Request, Text, Word
from services.metrics.schemas.goals import FIRST_YEAR, LAST_YEAR
from services.metrics.series import STEPS

FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


class SeriesDay(Day):
    """A day of the years that have goals."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if day > LAST_DAY:
            raise ValidationError(f"After {LAST_DAY.isoformat()}.")
        return day


class SeriesQuery(Request):
    """Whose series, over which days: this year up to today if none are named."""

    unit = Code(load_default="SE")
    first = SeriesDay(FIRST_DAY, data_key="from", load_default=None)
    last = SeriesDay(FIRST_DAY, data_key="to", load_default=None)
    step = Word(*STEPS, load_default="day")
    format = Word("json", "csv", load_default="json")


class PointAnswer(Request):
    """One day, ISO week or month, clipped to the days asked for."""

    label = Text()
    first = Day(data_key="from")
    last = Day(data_key="to")
    value = fields.Float(allow_none=True)
    total = fields.Float(allow_none=True)
    due = Count(allow_none=True)
    on_time = Count(allow_none=True)
    expected = fields.Float(allow_none=True)


class SeriesAnswer(Request):
    """One goal of one unit over time."""

    key = Text()
    unit = Code()
    first = Day(data_key="from")
    last = Day(data_key="to")
    step = Word(*STEPS)
    points = fields.List(fields.Nested(PointAnswer))
