"""Moves, elected posts and merges: what is owed follows the member."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from services.training import due, obligations
from tests.training.facts import (
    EDUCATION,
    MEMBER,
    OTHER,
    deliver,
    elected,
    envelopes,
    joined,
    left,
    merged,
    one,
    published,
    resigned,
    states,
    transferred,
)

JOINED = date(2026, 1, 31)
POST = UUID("33333333-3333-4333-8333-333333333333")
ANOTHER_POST = UUID("44444444-4444-4444-8444-444444444444")
LEADERS = "leader_education"


def test_an_obligation_moves_with_its_member_and_says_so(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    move = transferred(date(2026, 2, 3), "0180")
    deliver(session, [move])

    assert one(session, EDUCATION).unit == "0180"
    name, data = published(session, EDUCATION)[-1]
    assert (name, data["unit"], data["version"]) == ("obligation_moved", "0180", 2)
    assert data["status"] == "open"
    assert list(envelopes(session))[-1]["causationid"] == str(move.id)


def test_what_was_met_moves_too_and_what_was_cancelled_says_nothing(session: Session) -> None:
    deliver(session, [joined(JOINED), joined(JOINED, OTHER), left(date(2026, 2, 1), OTHER)])
    obligations.meet_all(session, [(one(session, EDUCATION), date(2026, 2, 1))])
    before = len(published(session))
    deliver(session, [transferred(date(2026, 2, 3), "0180")])
    deliver(session, [transferred(date(2026, 1, 31), "0180", OTHER)])

    assert one(session, EDUCATION).unit == "0180"
    assert one(session, EDUCATION).status == "met"
    assert [name for name, _ in published(session)[before:]] == ["obligation_moved"] * 2


def test_a_transfer_of_the_membership_before_moves_nothing_of_this_one(session: Session) -> None:
    deliver(session, [joined(JOINED), left(date(2026, 2, 10))])
    deliver(session, [joined(date(2026, 5, 1), previous_left_on=date(2026, 2, 10), unit="1281")])
    deliver(session, [transferred(date(2026, 2, 5), "0180")])

    found = obligations.of_members(session, [MEMBER])[MEMBER]
    assert [(each.unit, each.status) for each in found] == [
        ("0180", "cancelled"),
        ("0180", "cancelled"),
        ("1281", "open"),
        ("1281", "open"),
    ]


def test_of_two_transfers_on_one_day_the_later_one_counts(session: Session) -> None:
    day = date(2026, 2, 3)
    deliver(session, [joined(JOINED), transferred(day, "0180", position=8)])
    deliver(session, [transferred(day, "1281", position=7)])

    assert one(session, EDUCATION).unit == "0180"


def test_leader_education_is_owed_once_however_many_posts_and_has_no_deadline(
    session: Session,
) -> None:
    deliver(session, [elected(date(2026, 2, 1), POST), elected(date(2026, 3, 1), ANOTHER_POST)])

    owed = one(session, LEADERS)
    assert (owed.opened_on, owed.due_on, owed.status) == (date(2026, 2, 1), None, "open")
    assert [name for name, _ in published(session)] == ["obligation_opened"]
    assert due.mark_overdue(session, date(2036, 1, 1), 500) == 0
    assert due.remind(session, date(2036, 1, 1), 500) == 0


def test_other_tasks_entitle_to_no_leader_education(session: Session) -> None:
    deliver(session, [elected(date(2026, 2, 1), POST, role="welcome_officer")])

    assert states(session) == {}


def test_leader_education_is_cancelled_with_the_last_post_and_owed_again_with_the_next(
    session: Session,
) -> None:
    deliver(session, [elected(date(2026, 2, 1), POST), elected(date(2026, 2, 1), ANOTHER_POST)])
    deliver(session, [resigned(date(2026, 4, 1), POST)])
    assert states(session) == {LEADERS: "open"}
    deliver(session, [resigned(date(2026, 5, 1), ANOTHER_POST)])
    assert states(session) == {LEADERS: "cancelled"}
    third = UUID("55555555-5555-4555-8555-555555555555")
    deliver(session, [elected(date(2026, 9, 1), third, unit="skane")])

    assert states(session) == {LEADERS: "open"}
    name, data = published(session)[-1]
    assert (name, data["unit"], data["version"]) == ("obligation_reopened", "skane", 3)


def test_an_end_before_its_start_opens_nothing_that_lasts(session: Session) -> None:
    deliver(session, [resigned(date(2026, 4, 1), POST)])
    assert states(session) == {}
    deliver(session, [elected(date(2026, 2, 1), POST)])

    assert states(session) == {LEADERS: "cancelled"}


def test_leader_education_that_was_offered_stays_met_from_post_to_post(session: Session) -> None:
    deliver(session, [elected(date(2026, 2, 1), POST)])
    obligations.meet_all(session, [(one(session, LEADERS), date(2026, 3, 1))])
    deliver(session, [resigned(date(2026, 4, 1), POST), elected(date(2026, 5, 1), ANOTHER_POST)])

    assert states(session) == {LEADERS: "met"}


def test_a_leave_long_ago_does_not_end_what_a_leader_is_owed(session: Session) -> None:
    deliver(session, [left(date(2026, 6, 1)), elected(date(2026, 2, 1), POST)])

    assert states(session) == {LEADERS: "open"}


def test_the_posts_of_a_mistake_are_the_other_members(session: Session) -> None:
    deliver(session, [elected(date(2026, 2, 1), POST)])
    deliver(session, [merged()])

    assert states(session) == {LEADERS: "cancelled"}
    assert states(session, OTHER) == {LEADERS: "open"}
    deliver(session, [resigned(date(2026, 7, 1), POST)])
    assert states(session, OTHER) == {LEADERS: "cancelled"}
