"""The daily run: what comes near is told twice, what went by once, however late the run."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from services.training import due, obligations
from tests.training.facts import EDUCATION, INTRODUCTION, deliver, joined, left, one, published

JOINED = date(2026, 1, 31)
DUE = date(2026, 7, 31)
"""The last day of member education; the introduction's is 28 February."""


def told(session: Session) -> list[tuple[str, int]]:
    """What is said to come near, and within how many days."""
    return [
        (fact["kind"], fact["days"])
        for name, fact in published(session)
        if name == "obligation_due_soon"
    ]


def test_it_is_told_30_days_and_7_days_ahead_each_once(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    obligations.meet_all(session, [(one(session, INTRODUCTION), JOINED)])
    for ahead in (31, 30, 30, 29, 8, 7, 7, 1, 0):
        due.remind(session, DUE - timedelta(days=ahead), 500)

    assert told(session) == [(EDUCATION, 30), (EDUCATION, 7)]
    assert one(session, EDUCATION).version == 1


def test_after_a_long_stop_the_nearer_of_the_two_is_told_alone(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    obligations.meet_all(session, [(one(session, INTRODUCTION), JOINED)])
    due.remind(session, DUE - timedelta(days=3), 500)
    due.remind(session, DUE - timedelta(days=2), 500)

    assert told(session) == [(EDUCATION, 7)]


@pytest.mark.parametrize("gone", ["met", "cancelled", "overdue"])
def test_what_is_no_longer_waited_for_is_not_reminded_of(session: Session, gone: str) -> None:
    deliver(session, [joined(JOINED)])
    if gone == "met":
        both = [one(session, EDUCATION), one(session, INTRODUCTION)]
        obligations.meet_all(session, [(each, JOINED) for each in both])
    elif gone == "cancelled":
        deliver(session, [left(date(2026, 2, 1))])
    else:
        due.mark_overdue(session, date(2027, 1, 1), 500)
    due.remind(session, date(2027, 1, 1), 500)

    assert told(session) == []


def test_reminders_come_in_pieces(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    day = DUE - timedelta(days=20)

    assert due.remind(session, day, 1) == 1
    assert due.remind(session, day, 1) == 1
    assert due.remind(session, day, 1) == 0
    assert sorted(told(session)) == [(INTRODUCTION, 7), (EDUCATION, 30)]
