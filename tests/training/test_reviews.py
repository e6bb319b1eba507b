"""Reviews: one grade a participant, and a mean that shows nobody's own."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid
from infra.units import Tree
from services.training import courses, enrolments, reviews
from services.training.reviews import HIDDEN, Grade
from services.training.sessions import CourseSession
from tests.training.taught import NOW, course, enrol, join, people, plan

DAY = {"starts_on": date(2026, 5, 20), "starts_at": None, "ends_at": None}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def held(session: Session, tree: Tree) -> CourseSession:
    """A session that is over, and twelve members."""
    join(session, *people(12))
    return plan(session, tree, course(session, tree), **DAY)


def graded(session: Session, held: CourseSession, members: list[UUID], grade: int) -> None:
    """Each of them took part and gave the grade."""
    enrol(session, held, *members)
    for each in members:
        reviews.review(session, held, each, grade)
    session.flush()


def test_a_grade_is_given_once(session: Session, held: CourseSession) -> None:
    (anna,) = people(1)
    enrol(session, held, anna)
    assert [reviews.review(session, held, anna, 4)[1] for _ in range(2)] == [True, False]
    assert (held.grades, held.grade_sum) == (1, 4)
    with pytest.raises(Conflict):
        reviews.review(session, held, anna, 5)


def test_the_mean_is_told_of_five_and_more(session: Session, held: CourseSession) -> None:
    graded(session, held, people(4), 5)
    assert reviews.of_session(held) == HIDDEN
    assert reviews.of_courses(session, [held.course_id]) == {}
    graded(session, held, people(6)[4:], 2)
    assert reviews.of_session(held) == Grade(4.0, 6)
    assert reviews.of_courses(session, [held.course_id]) == {held.course_id: Grade(4.0, 6)}


def test_what_a_few_thought_is_not_told_by_subtraction(
    session: Session, tree: Tree, held: CourseSession
) -> None:
    small = plan(session, tree, courses.get(session, held.course_id), **DAY)
    graded(session, held, people(5), 5)
    graded(session, small, people(9)[5:], 1)
    assert reviews.of_session(held) == Grade(5.0, 5)
    assert reviews.of_courses(session, [held.course_id]) == {}
    graded(session, small, people(10)[9:], 1)
    assert reviews.of_courses(session, [held.course_id]) == {held.course_id: Grade(3.0, 10)}


def test_who_did_not_take_part_has_no_grade_to_give(session: Session, held: CourseSession) -> None:
    anna, bo = people(2)
    enrol(session, held, bo)
    enrolments.withdraw(session, held, bo)
    for each in (anna, bo):
        with pytest.raises(Invalid) as refused:
            reviews.review(session, held, each, 3)
        assert list(refused.value.errors) == ["member_id"]


def test_a_session_to_come_or_cancelled_is_not_reviewed(
    session: Session, tree: Tree, held: CourseSession
) -> None:
    (anna,) = people(1)
    to_come = plan(session, tree, course(session, tree))
    enrol(session, to_come, anna)
    enrolments.cancel(session, held, "other")
    for each in (to_come, held):
        with pytest.raises(Conflict):
            reviews.review(session, each, anna, 3)
