"""Courses and completions, as they are asked and answered."""

from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

from infra.fields import Code, Count, Day, Id, Paging, Request, Text, Word
from infra.units import ROOT
from services.training.courses import MOST_REQUIRED
from services.training.events import COURSES
from services.training.reviews import FEWEST


class Required(fields.List[UUID]):
    """The ids of the courses to complete before, each once."""

    def __init__(self, **kwargs: Any) -> None:
        most = validate.Length(max=MOST_REQUIRED)
        super().__init__(Id(), validate=[most, differ], **kwargs)


def differ(values: list[Any]) -> None:
    """Refuse a list that has something twice."""
    if len(set(values)) < len(values):
        raise ValidationError("Something is there twice.")


class CourseRequest(Request):
    """A course; the party's own unless a unit is named."""

    id = Id(load_default=None)
    kind = Word(*COURSES, required=True)
    title = Text(required=True)
    unit = Code(load_default=ROOT)
    required = Required(load_default=list)


class CourseAnswer(CourseRequest):
    """A course, and the mean of the grades of all its sessions, unless they are too few."""

    version = Count(1)
    grade = fields.Float(allow_none=True, validate=validate.Range(1, 5))
    reviews = Count(FEWEST, allow_none=True)


class CoursesQuery(Paging):
    """Which courses to list: of a unit, of all below it, and of those above."""

    unit = Code(load_default=ROOT)
    kind = Word(*COURSES, load_default=None)


class RequiredRequest(Request):
    """All the courses that a course requires."""

    required = Required(required=True)


class CompletionRequest(Request):
    """A member completed the session's course."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    completed_on = Day(required=True)


class CompletionAnswer(CompletionRequest):
    """A stored completion."""

    session_id = Id()
    course_id = Id()
