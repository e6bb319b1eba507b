"""Courses: completed once per member and course, and an obligation met by the way."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Tree
from services.training import courses, offers
from services.training.courses import Course, CourseSession
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    joined,
    left,
    one,
    published,
    states,
)

STARTS = date(2026, 2, 10)
ENDS = date(2026, 2, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 6, 1))


@pytest.fixture
def course(session: Session, tree: Tree) -> Course:
    """A member education of the party."""
    given = {"id": None, "kind": EDUCATION, "title": "Medlemsutbildning", "unit": "SE"}
    return courses.create(session, tree, given)[0]


@pytest.fixture
def held(session: Session, tree: Tree, course: Course) -> CourseSession:
    """A session of it."""
    return courses.plan(session, tree, a_session(course.id))[0]


def a_session(course_id: UUID, starts_on: date = STARTS) -> dict[str, Any]:
    """A request to plan a session."""
    return {
        "id": None,
        "course_id": course_id,
        "unit": "1280",
        "starts_on": starts_on,
        "mode": "hybrid",
    }


def a_completion(
    completed_on: date = ENDS, member_id: UUID = MEMBER, key: UUID | None = None
) -> dict[str, Any]:
    """A request to record a completion."""
    return {"id": key, "member_id": member_id, "completed_on": completed_on}


def test_a_completion_is_told_with_the_unit_of_the_session(
    session: Session, course: Course, held: CourseSession
) -> None:
    _, new = courses.complete(session, held, a_completion())
    assert new
    assert published(session) == [
        (
            "course_completed",
            {
                "session_id": str(held.id),
                "course_id": str(course.id),
                "kind": EDUCATION,
                "member_id": str(MEMBER),
                "unit": "1280",
                "completed_on": "2026-02-20",
            },
        )
    ]


@pytest.mark.parametrize("key", [None, uuid4()])
def test_a_completion_sent_again_counts_once(
    session: Session, held: CourseSession, key: UUID | None
) -> None:
    first, _ = courses.complete(session, held, a_completion(key=key))
    second, new = courses.complete(session, held, a_completion(key=key))
    assert (second.id, new) == (first.id, False)
    assert len(published(session)) == 1


def test_the_same_course_in_another_session_is_not_counted_again(
    session: Session, tree: Tree, course: Course, held: CourseSession
) -> None:
    courses.complete(session, held, a_completion())
    later, _ = courses.plan(session, tree, a_session(course.id, date(2026, 3, 1)))
    with pytest.raises(Conflict):
        courses.complete(session, later, a_completion(date(2026, 3, 2)))
    assert len(published(session)) == 1


def test_an_id_is_not_taken_twice_for_different_completions(
    session: Session, held: CourseSession
) -> None:
    key = uuid4()
    courses.complete(session, held, a_completion(key=key))
    with pytest.raises(Conflict):
        courses.complete(session, held, a_completion(member_id=OTHER, key=key))


def test_a_completion_meets_the_obligation_that_nobody_recorded_an_offer_for(
    session: Session, held: CourseSession
) -> None:
    deliver(session, [joined(date(2026, 1, 31))])
    courses.complete(session, held, a_completion())
    assert states(session) == {INTRODUCTION: "open", EDUCATION: "met"}
    assert one(session, EDUCATION).offered_on == ENDS
    assert [name for name, _ in published(session)][-2:] == ["course_completed", "obligation_met"]


def test_a_completion_leaves_a_recorded_offer_as_it_is(
    session: Session, held: CourseSession
) -> None:
    deliver(session, [joined(date(2026, 1, 31))])
    offer = {**a_completion(date(2026, 2, 1)), "kind": EDUCATION, "via": None}
    offer["offered_on"] = offer.pop("completed_on")
    offers.offer(session, lambda unit: True, offer)
    courses.complete(session, held, a_completion())
    assert one(session, EDUCATION).offered_on == date(2026, 2, 1)
    assert one(session, EDUCATION).version == 2


@pytest.mark.parametrize("gone_on", [date(2026, 2, 1), date(2026, 2, 15)])
def test_a_completion_by_someone_who_left_counts_and_meets_nothing(
    session: Session, held: CourseSession, gone_on: date
) -> None:
    deliver(session, [joined(date(2026, 1, 31)), left(gone_on)])
    courses.complete(session, held, a_completion())
    assert states(session)[EDUCATION] == "cancelled"
    assert published(session)[-1][0] == "course_completed"


@pytest.mark.parametrize("day", [date(2026, 2, 9), date(2026, 6, 2)], ids=["too early", "future"])
def test_a_completion_on_an_impossible_day_is_refused_by_field(
    session: Session, held: CourseSession, day: date
) -> None:
    with pytest.raises(Invalid) as refused:
        courses.complete(session, held, a_completion(day))
    assert list(refused.value.errors) == ["completed_on"]
    assert published(session) == []


def test_there_is_no_completion_in_an_unknown_session(session: Session) -> None:
    with pytest.raises(NotFound):
        courses.get_session(session, uuid4())


def test_a_session_needs_a_course(session: Session, tree: Tree) -> None:
    with pytest.raises(Invalid) as refused:
        courses.plan(session, tree, a_session(uuid4()))
    assert list(refused.value.errors) == ["course_id"]


@pytest.mark.parametrize("unit", ["9999", "0181", "ssu"])
def test_a_unit_that_cannot_act_has_no_course_and_no_session(
    session: Session, tree: Tree, course: Course, unit: str
) -> None:
    given = {"id": None, "kind": EDUCATION, "title": "Kurs", "unit": unit}
    with pytest.raises(Invalid):
        courses.create(session, tree, given)
    with pytest.raises(Invalid):
        courses.plan(session, tree, {**a_session(course.id), "unit": unit})


def test_a_course_sent_again_is_the_stored_one_and_another_under_its_id_is_refused(
    session: Session, tree: Tree
) -> None:
    given = {"id": uuid4(), "kind": "academy", "title": "Akademi", "unit": "SE"}
    assert courses.create(session, tree, given)[1]
    assert not courses.create(session, tree, given)[1]
    with pytest.raises(Conflict):
        courses.create(session, tree, {**given, "title": "En annan"})
