"""What is asked and answered about assignments."""

from typing import Any

from infra.fields import Code, Day, Id, Paging, QueryFlag, Request, Word
from services.membership.events.assignments import ROLES, SPHERES
from services.membership.schemas.kinds import Shaped
from services.membership.vacancies import PLACES

LABEL = r"(?:[^\d@]*\d){0,4}[^\d@]*\Z"
"""Anything with no more digits than a year has and no @: nothing that reaches a person."""


class Label(Shaped):
    """A few words for a task or a question, with nothing in them that reaches a person."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LABEL, "No @, and four digits at most.", 80, **kwargs)


class AssignmentRequest(Request):
    """A member who is to carry a task."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    unit = Code(required=True)
    role = Word(*ROLES, required=True)
    title = Label(load_default=None, allow_none=True)
    sphere = Word(*SPHERES, load_default=None, allow_none=True)
    area = Label(load_default=None, allow_none=True)
    question = Label(load_default=None, allow_none=True)
    task_id = Id(load_default=None, allow_none=True)
    started_on = Day(required=True)
    mandate_until = Day(load_default=None, allow_none=True)


class AssignmentAnswer(AssignmentRequest):
    """A task and who carries it, or carried it until `ended_on`."""

    ended_on = Day(allow_none=True)


class EndRequest(Request):
    """The last day."""

    ended_on = Day(required=True)


class AssignmentsQuery(Paging):
    """Which assignments to list: of a unit and all below it."""

    unit = Code(load_default="SE")
    role = Word(*ROLES, load_default=None)
    member_id = Id(load_default=None)
    open = QueryFlag(load_default=None)


class VacancyAnswer(Request):
    """A role that a unit should have, and has nobody for."""

    unit = Code()
    role = Word(*PLACES)


class VacanciesQuery(Paging):
    """Which vacancies to list: of a unit and all below it."""

    unit = Code(load_default="SE")
    role = Word(*PLACES, load_default=None)
