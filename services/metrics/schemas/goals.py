"""What the goal board is asked, and what it answers."""

from datetime import date

from marshmallow import fields

from infra.fields import Code, Count, Day, QueryCount, Request, Text, Word

FIRST_YEAR, LAST_YEAR = 2000, 2100


class GoalsQuery(Request):
    """Whose goals, of which year; this year if none is named."""

    unit = Code(load_default="SE")
    year = QueryCount(FIRST_YEAR, LAST_YEAR, load_default=None)


class BoardQuery(GoalsQuery):
    """Whose goals, of which year or as of which day of it; as they are now if none is named."""

    as_of = Day(date(FIRST_YEAR, 1, 1), load_default=None)


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
    counters = fields.Dict(keys=fields.String(), values=fields.Integer())


class OneGoalAnswer(GoalAnswer):
    """One goal by itself, with whose it is, and how its forecast came about."""

    unit = Code()
    name = Text()
    year = Count()
    as_of = Day()
    forecast_by = Word("line", "shape", allow_none=True)
    forecast_low = fields.Float(allow_none=True)
    forecast_high = fields.Float(allow_none=True)


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
