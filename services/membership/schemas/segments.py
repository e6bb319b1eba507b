"""What is asked and answered about segments."""

from marshmallow import fields

from infra.fields import Code, Count, Day, Request, Text


class SegmentsQuery(Request):
    """Whose segments: a unit's with all below it."""

    unit = Code(load_default="SE")


class CountedWord(Request):
    """How many have an interest or a competence."""

    word = Text()
    count = Count()


class SegmentsAnswer(Request):
    """Counts as of the day `counted_on`; null is a count that is hidden, or not counted yet.

    Of interests and competences those are left out whose count is hidden.
    """

    unit = Code()
    counted_on = Day(allow_none=True)
    young = Count(allow_none=True)
    union_active = Count(allow_none=True)
    union_official = Count(allow_none=True)
    not_yet_asked = Count(allow_none=True)
    interests = fields.List(fields.Nested(CountedWord))
    competences = fields.List(fields.Nested(CountedWord))
