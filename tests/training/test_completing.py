"""Completing: once per member and course, and an obligation met by the way."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid
from infra.units import Tree
from services.training import enrolments, offers
from services.training.courses import Course
from services.training.sessions import CourseSession
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    joined,
    left,
    merged,
    one,
    published,
    states,
)
from tests.training.taught import NOW, course, done, enrol, plan, plan_day

STARTS = date(2026, 2, 10)
ENDS = date(2026, 2, 20)
JOINED = date(2026, 1, 31)
KEY = UUID(int=7)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def grund(session: Session, tree: Tree) -> Course:
    """A member education of the party."""
    return course(session, tree)


@pytest.fixture
def held(session: Session, tree: Tree, grund: Course) -> CourseSession:
    """A session of it, in which a member is enrolled."""
    deliver(session, [joined(JOINED), joined(JOINED, OTHER)])
    found = plan_day(session, tree, grund, STARTS)
    enrol(session, found, MEMBER)
    return found


def told(session: Session) -> list[str]:
    """The names of what was published of courses."""
    return [name for name, _ in published(session) if name == "course_completed"]


def test_a_completion_is_told_with_the_unit_of_the_session(
    session: Session, grund: Course, held: CourseSession
) -> None:
    assert done(session, held, MEMBER, ENDS)[1]
    assert published(session)[-2] == (
        "course_completed",
        {
            "session_id": str(held.id),
            "course_id": str(grund.id),
            "kind": EDUCATION,
            "member_id": str(MEMBER),
            "unit": "1280",
            "completed_on": "2026-02-20",
        },
    )


@pytest.mark.parametrize("key", [None, KEY])
def test_a_completion_sent_again_counts_once(
    session: Session, held: CourseSession, key: UUID | None
) -> None:
    first, _ = done(session, held, MEMBER, ENDS, key)
    second, new = done(session, held, MEMBER, ENDS, key)
    assert (second.id, new) == (first.id, False)
    assert len(told(session)) == 1


def test_the_same_course_in_another_session_is_not_counted_again(
    session: Session, tree: Tree, grund: Course, held: CourseSession
) -> None:
    done(session, held, MEMBER, ENDS)
    later = plan_day(session, tree, grund, date(2026, 3, 1))
    enrol(session, later, MEMBER)
    with pytest.raises(Conflict):
        done(session, later, MEMBER, date(2026, 3, 2))
    assert len(told(session)) == 1


def test_an_id_is_not_taken_twice_for_different_completions(
    session: Session, held: CourseSession
) -> None:
    enrol(session, held, OTHER)
    done(session, held, MEMBER, ENDS, KEY)
    with pytest.raises(Conflict):
        done(session, held, OTHER, ENDS, KEY)


def test_a_completion_meets_the_obligation_that_nobody_recorded_an_offer_for(
    session: Session, held: CourseSession
) -> None:
    done(session, held, MEMBER, ENDS)
    assert states(session) == {INTRODUCTION: "open", EDUCATION: "met"}
    assert one(session, EDUCATION).offered_on == ENDS
    assert [name for name, _ in published(session)][-2:] == ["course_completed", "obligation_met"]


def test_a_completion_leaves_a_recorded_offer_as_it_is(
    session: Session, held: CourseSession
) -> None:
    offered = date(2026, 2, 1)
    offer = {"id": None, "member_id": MEMBER, "kind": EDUCATION, "via": None}
    offers.offer(session, lambda unit: True, {**offer, "offered_on": offered})
    done(session, held, MEMBER, ENDS)
    assert (one(session, EDUCATION).offered_on, one(session, EDUCATION).version) == (offered, 2)


def test_a_completion_of_one_who_left_after_the_session_counts_and_meets_nothing(
    session: Session, held: CourseSession
) -> None:
    deliver(session, [left(date(2026, 2, 15))])
    done(session, held, MEMBER, ENDS)
    assert states(session)[EDUCATION] == "cancelled"
    assert published(session)[-1][0] == "course_completed"


@pytest.mark.parametrize("day", [date(2026, 2, 9), date(2026, 6, 2)], ids=["too early", "future"])
def test_a_completion_on_an_impossible_day_is_refused_by_field(
    session: Session, held: CourseSession, day: date
) -> None:
    with pytest.raises(Invalid) as refused:
        done(session, held, MEMBER, day)
    assert list(refused.value.errors) == ["completed_on"]
    assert told(session) == []


def test_who_is_not_enrolled_or_waits_or_gave_it_up_completes_nothing(
    session: Session, tree: Tree, grund: Course, held: CourseSession
) -> None:
    full = plan_day(session, tree, grund, STARTS, capacity=1)
    enrol(session, full, MEMBER, OTHER)
    enrolments.withdraw(session, held, MEMBER)
    for where, who in ((held, MEMBER), (held, uuid4()), (full, OTHER)):
        with pytest.raises(Invalid) as refused:
            done(session, where, who, ENDS)
        assert list(refused.value.errors) == ["member_id"]
    assert told(session) == []


def test_nothing_is_completed_in_a_session_that_is_cancelled_or_has_not_begun(
    session: Session, tree: Tree, grund: Course, held: CourseSession
) -> None:
    in_an_hour = NOW + timedelta(hours=1)
    times = {"starts_at": in_an_hour, "ends_at": in_an_hour + timedelta(hours=1)}
    today = plan(session, tree, grund, **times)
    enrol(session, today, MEMBER)
    enrolments.cancel(session, held, "illness")
    for where in (held, today):
        with pytest.raises(Conflict):
            done(session, where, MEMBER, NOW.date())
    assert told(session) == []


def test_a_completion_under_the_id_of_a_double_is_the_others(
    session: Session, held: CourseSession
) -> None:
    deliver(session, [merged()])
    completion, new = done(session, held, MEMBER, ENDS)
    assert (completion.member_id, new) == (OTHER, True)
    assert done(session, held, OTHER, ENDS)[1] is False
