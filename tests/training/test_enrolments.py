"""Enrolments: the line behind the last place, and what becomes of those who leave."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Tree
from services.training import courses, enrolments, sessions
from services.training.service import TrainingService
from services.training.sessions import CourseSession
from tests.training.facts import deliver, heard, joined, left, merged
from tests.training.taught import (
    NOW,
    completions,
    course,
    done,
    enrol,
    join,
    people,
    plan,
    states,
)

ANNA, BO, CIA, DAG = people(4)
TODAY = date(2026, 6, 1)
PAST = {"starts_on": date(2026, 5, 20), "starts_at": None, "ends_at": None}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def held(session: Session, tree: Tree) -> CourseSession:
    """A session with two places, of a course that requires none; four members."""
    join(session, ANNA, BO, CIA, DAG)
    return plan(session, tree, course(session, tree), capacity=2)


def test_behind_the_last_place_they_wait(session: Session, held: CourseSession) -> None:
    assert enrol(session, held, ANNA, BO, CIA) == ["enrolled", "enrolled", "waiting"]
    assert enrol(session, held, DAG, ANNA) == ["waiting", "enrolled"]
    assert list(states(session, held)) == [ANNA, BO, CIA, DAG]


def test_who_is_enrolled_again_is_so_once(session: Session, held: CourseSession) -> None:
    first = enrolments.enrol(session, held, [ANNA])
    assert enrolments.enrol(session, held, [ANNA]) == first
    assert states(session, held) == {ANNA: "enrolled"}


def test_who_gives_a_place_up_leaves_it_to_whoever_waited_longest(
    session: Session, held: CourseSession
) -> None:
    enrol(session, held, ANNA, BO, CIA, DAG)
    for _ in range(2):
        enrolments.withdraw(session, held, ANNA)
    assert states(session, held) == {
        ANNA: "withdrawn",
        BO: "enrolled",
        CIA: "enrolled",
        DAG: "waiting",
    }
    assert enrol(session, held, ANNA) == ["waiting"]
    assert list(states(session, held)) == [BO, CIA, DAG, ANNA]


def test_who_was_not_enrolled_gives_nothing_up(session: Session, held: CourseSession) -> None:
    with pytest.raises(NotFound):
        enrolments.withdraw(session, held, ANNA)


def test_more_places_are_for_those_who_wait_and_fewer_than_are_taken_cannot_be(
    session: Session, tree: Tree, held: CourseSession
) -> None:
    enrol(session, held, ANNA, BO, CIA, DAG)
    assert sessions.changed(tree, held, {"capacity": 3})
    enrolments.fit(session, held)
    assert list(states(session, held).values()) == ["enrolled"] * 3 + ["waiting"]
    sessions.changed(tree, held, {"capacity": 2})
    with pytest.raises(Conflict):
        enrolments.fit(session, held)


@pytest.mark.parametrize("gone", [True, False], ids=["left", "unknown"])
def test_who_left_or_is_unknown_is_refused_and_nobody_is_enrolled(
    session: Session, held: CourseSession, gone: bool
) -> None:
    if gone:
        deliver(session, [left(TODAY, BO)])
    with pytest.raises(Invalid) as refused, session.begin_nested():
        enrol(session, held, ANNA, BO if gone else uuid4())
    assert list(refused.value.errors) == ["member_ids.1"]
    assert states(session, held) == {}


def test_who_lacks_a_required_course_is_told_which(session: Session, tree: Tree) -> None:
    join(session, ANNA)
    first = course(session, tree)
    before = plan(session, tree, first, **PAST, mode="physical")
    held = plan(session, tree, course(session, tree, first.id))
    with pytest.raises(Invalid) as refused:
        enrol(session, held, ANNA)
    (said,) = refused.value.errors["member_ids.0"]
    assert str(first.id) in said

    enrol(session, before, ANNA)
    done(session, before, ANNA, TODAY)
    assert enrol(session, held, ANNA) == ["enrolled"]


def test_a_cancelled_session_has_no_places(session: Session, held: CourseSession) -> None:
    enrol(session, held, ANNA, BO, CIA)
    enrolments.cancel(session, held, "too_few")
    assert set(states(session, held).values()) == {"withdrawn"}
    with pytest.raises(Conflict):
        enrol(session, held, DAG)
    enrolments.cancel(session, held, "too_few")
    with pytest.raises(Conflict):
        enrolments.cancel(session, held, "illness")


def test_what_somebody_completed_is_neither_cancelled_nor_given_up(
    session: Session, tree: Tree
) -> None:
    join(session, ANNA)
    held = plan(session, tree, course(session, tree), **PAST)
    enrol(session, held, ANNA)
    done(session, held, ANNA, TODAY)
    with pytest.raises(Conflict):
        enrolments.withdraw(session, held, ANNA)
    with pytest.raises(Conflict):
        enrolments.cancel(session, held, "other")


def test_who_leaves_gives_up_what_is_to_come_and_the_line_moves_up(
    session: Session, tree: Tree, held: CourseSession
) -> None:
    past = plan(session, tree, course(session, tree), **PAST)
    enrol(session, past, ANNA)
    enrol(session, held, ANNA, BO, CIA)
    for _ in range(2):
        deliver(session, [left(TODAY, ANNA)])
    assert states(session, held) == {ANNA: "withdrawn", BO: "enrolled", CIA: "enrolled"}
    assert states(session, past) == {ANNA: "enrolled"}


def test_a_late_word_of_a_leave_before_a_rejoin_takes_no_place(
    session: Session, held: CourseSession
) -> None:
    before = date(2026, 3, 1)
    deliver(session, [joined(date(2026, 4, 1), ANNA, previous_left_on=before)])
    enrol(session, held, ANNA)
    deliver(session, [left(before, ANNA)])
    assert states(session, held) == {ANNA: "enrolled"}


def test_one_who_left_may_be_enrolled_after_what_they_took_part_in_before(
    session: Session, tree: Tree, held: CourseSession
) -> None:
    past = plan(session, tree, courses.get(session, held.course_id), **PAST)
    deliver(session, [left(date(2026, 5, 25), ANNA), left(date(2026, 5, 20), BO)])
    assert enrol(session, past, ANNA) == ["enrolled"]
    with pytest.raises(Invalid):
        enrol(session, past, BO)


def test_of_two_places_of_one_person_one_goes_and_the_line_moves_up(
    session: Session, held: CourseSession
) -> None:
    enrol(session, held, ANNA, BO, CIA, DAG)
    deliver(session, [merged(DAG, BO), merged(ANNA, BO)])
    assert states(session, held) == {BO: "enrolled", None: "withdrawn", CIA: "enrolled"}


def test_what_a_double_has_and_has_done_is_the_others(
    session: Session, tree: Tree, held: CourseSession
) -> None:
    past = plan(session, tree, courses.get(session, held.course_id), **PAST)
    enrol(session, past, ANNA)
    done(session, past, ANNA, TODAY)
    enrol(session, held, ANNA)
    for _ in range(2):
        deliver(session, [merged(ANNA, BO)])
    assert states(session, held) == states(session, past) == {BO: "enrolled"}
    assert list(completions(session)) == [(BO, held.course_id)]
    # Under the id of before as well.
    assert enrol(session, held, ANNA, BO) == ["enrolled"] * 2
    enrolments.withdraw(session, held, ANNA)
    assert states(session, held) == {BO: "withdrawn"}


def test_a_place_that_one_who_had_left_would_take_over_is_free(
    session: Session, held: CourseSession
) -> None:
    enrol(session, held, ANNA, CIA, DAG)
    deliver(session, [left(TODAY, BO)])
    deliver(session, [merged(ANNA, BO)])
    assert states(session, held) == {BO: "withdrawn", CIA: "enrolled", DAG: "enrolled"}


def test_of_who_is_erased_no_id_is_kept(session: Session, tree: Tree, held: CourseSession) -> None:
    past = plan(session, tree, course(session, tree), **PAST)
    enrol(session, past, ANNA)
    enrol(session, held, ANNA, BO, CIA)
    for _ in range(2):
        event = heard("member_erased", {"member_id": ANNA})
        TrainingService().forget_members(session, [event])
    assert states(session, past) == {None: "enrolled"}
    assert states(session, held) == {None: "withdrawn", BO: "enrolled", CIA: "enrolled"}


def test_enrolments_are_listed_in_turn(session: Session, held: CourseSession) -> None:
    enrol(session, held, CIA, ANNA, BO)
    query = {"state": None, "limit": 2, "cursor": None}
    first = enrolments.listed(session, held, query)
    rest = enrolments.listed(session, held, {**query, "cursor": first.next})
    waiting = enrolments.listed(session, held, {**query, "state": "waiting"})
    assert [each.member_id for each in (*first.items, *rest.items)] == [CIA, ANNA, BO]
    assert [each.member_id for each in waiting.items] == [BO]


def test_two_ids_of_one_person_take_one_place(session: Session, held: CourseSession) -> None:
    deliver(session, [merged(ANNA, BO)])
    assert enrol(session, held, ANNA, BO, CIA) == ["enrolled"] * 3
    assert list(states(session, held)) == [BO, CIA]
