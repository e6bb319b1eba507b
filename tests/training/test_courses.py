"""Courses, and what is to be completed before them."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Tree
from services.training import courses
from services.training.courses import Course
from tests.training.taught import course


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 6, 1))


def required(session: Session, of: Course) -> set[UUID]:
    """What a course requires."""
    return set(courses.required(session, [of.id])[of.id])


def listed(session: Session, tree: Tree, unit: str, kind: str | None = None) -> set[str]:
    """The titles of what is listed for a unit."""
    query = {"unit": unit, "kind": kind, "limit": 10, "cursor": None}
    return {each.title for each in courses.listed(session, tree, query).items}


@pytest.mark.parametrize("unit", ["9999", "0181", "ssu"])
def test_a_unit_that_cannot_act_has_no_course(session: Session, tree: Tree, unit: str) -> None:
    with pytest.raises(Invalid) as refused:
        course(session, tree, unit=unit)
    assert list(refused.value.errors) == ["unit"]


def test_a_course_sent_again_is_the_stored_one_and_another_under_its_id_is_refused(
    session: Session, tree: Tree
) -> None:
    first, second = course(session, tree), course(session, tree)
    given = {"id": uuid4(), "kind": "academy", "title": "Akademi", "unit": "SE"}
    asked = {**given, "required": [first.id]}
    assert courses.create(session, tree, asked)[1]
    assert not courses.create(session, tree, asked)[1]
    for other in ({"title": "En annan"}, {"required": []}, {"required": [second.id]}):
        with pytest.raises(Conflict):
            courses.create(session, tree, {**asked, **other})


def test_the_academy_requires_its_parts(session: Session, tree: Tree) -> None:
    parts = [course(session, tree) for _ in range(2)]
    academy = course(session, tree, *(part.id for part in parts), kind="academy")
    assert required(session, academy) == {part.id for part in parts}


def test_what_is_required_is_there_and_is_not_the_course_itself(
    session: Session, tree: Tree
) -> None:
    own = uuid4()
    for wanted in (uuid4(), own):
        with pytest.raises(Invalid) as refused:
            course(session, tree, wanted, id=own)
        assert list(refused.value.errors) == ["required"]


def test_a_circle_of_requirements_is_refused_however_long(session: Session, tree: Tree) -> None:
    first = course(session, tree)
    second = course(session, tree, first.id)
    third = course(session, tree, second.id)
    for wanted in (first, second, third):
        with pytest.raises(Invalid) as refused:
            courses.require(session, first, [wanted.id])
        assert list(refused.value.errors) == ["required"]
    assert required(session, first) == set()


def test_what_a_course_requires_is_changed_once(session: Session, tree: Tree) -> None:
    first, second = course(session, tree), course(session, tree)
    last = course(session, tree, first.id)
    for _ in range(2):
        courses.require(session, last, [second.id])
    assert (required(session, last), last.version) == ({second.id}, 2)
    again = {name: getattr(last, name) for name in ("id", "kind", "title", "unit")}
    assert courses.create(session, tree, {**again, "required": [first.id]})[1] is False


def test_a_unit_finds_its_own_courses_those_below_and_those_above(
    session: Session, tree: Tree
) -> None:
    for unit in ("SE", "skane", "1280", "0180"):
        course(session, tree, title=unit, unit=unit)
    course(session, tree, title="cirkel", unit="1281", kind="study_circle")
    assert listed(session, tree, "skane") == {"SE", "skane", "1280", "cirkel"}
    assert listed(session, tree, "1280") == {"SE", "skane", "1280"}
    assert listed(session, tree, "SE", "study_circle") == {"cirkel"}


def test_there_is_no_unknown_course(session: Session) -> None:
    with pytest.raises(NotFound):
        courses.get(session, uuid4())
