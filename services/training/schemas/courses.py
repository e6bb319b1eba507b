"""Courses, sessions and completions, as they are asked and answered."""

from infra.fields import Code, Day, Id, Request, Text, Word
from infra.units import ROOT
from services.training.courses import MODES
from services.training.events import COURSES


class CourseRequest(Request):
    """A course; the party's own unless a unit is named."""

    id = Id(load_default=None)
    kind = Word(*COURSES, required=True)
    title = Text(required=True)
    unit = Code(load_default=ROOT)


class SessionRequest(Request):
    """A course held by a unit."""

    id = Id(load_default=None)
    course_id = Id(required=True)
    unit = Code(required=True)
    starts_on = Day(required=True)
    mode = Word(*MODES, required=True)


class CompletionRequest(Request):
    """A member completed the session's course."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    completed_on = Day(required=True)


class CompletionAnswer(CompletionRequest):
    """A stored completion."""

    session_id = Id()
    course_id = Id()
