"""A goal over time, as it is asked for and answered."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import Code, Count, Day, QueryCount, Request, Text, Word
from services.metrics.events import STATUSES
from services.metrics.programme import GOALS
from services.metrics.schemas.goals import FIRST_YEAR, LAST_YEAR, GoalsQuery
from services.metrics.series import STEPS
from services.metrics.weak_units import LEVELS

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


class WeakUnitsQuery(GoalsQuery):
    """Which goal's weak units; one level down if no level is named."""

    goal = Word(*GOALS, required=True)
    level = Word(*LEVELS, load_default=None)
    limit = QueryCount(1, 500, load_default=10)


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


class WeakUnitAnswer(Request):
    """One unit that is behind, by `behind_by` of what is expected."""

    unit = Code()
    name = Text()
    value = fields.Float(allow_none=True)
    target = fields.Float(allow_none=True)
    compared_with = Word("target", "like")
    expected = fields.Float(allow_none=True)
    share_of_expected = fields.Float(allow_none=True)
    behind_by = fields.Float()
    status = Word(*STATUSES)


class WeakUnitsAnswer(Request):
    """The units furthest behind, the furthest first."""

    goal = Text()
    unit = Code()
    year = Count()
    units = fields.List(fields.Nested(WeakUnitAnswer))


class SizeClassAnswer(Request):
    """A fourth of the units of a kind, by their members; number 1 has the fewest."""

    kind = Text()
    number = Count()
    units = Count()
    fewest_members = fields.Integer()
    most_members = fields.Integer()


class LastYearAnswer(Request):
    """The value on the same day of the year before."""

    as_of = Day()
    value = fields.Float(allow_none=True)


class ComparisonAnswer(Request):
    """One goal of a unit beside its like and its own year before."""

    key = Text()
    unit = Code()
    name = Text()
    year = Count()
    as_of = Day()
    value = fields.Float(allow_none=True)
    members = fields.Integer()
    per_1000_members = fields.Float(allow_none=True)
    size_class = fields.Nested(SizeClassAnswer)
    compared_by = Word("per_1000_members", "value")
    median = fields.Float(allow_none=True)
    rank = Count(allow_none=True)
    last_year = fields.Nested(LastYearAnswer, allow_none=True)
