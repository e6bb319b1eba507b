"""Obligations: opened by a join, cancelled by a leave, overdue once."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from services.training import due, obligations
from services.training.obligations import Obligation
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    envelopes,
    joined,
    left,
    one,
    published,
    states,
)

JOINED = date(2026, 1, 31)


def test_a_join_opens_both_kinds_and_says_so(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    assert states(session) == {INTRODUCTION: "open", EDUCATION: "open"}
    ((name, data),) = published(session, INTRODUCTION)
    assert name == "obligation_opened"
    assert data == {
        "obligation_id": str(one(session, INTRODUCTION).id),
        "member_id": str(MEMBER),
        "unit": "1280",
        "kind": INTRODUCTION,
        "opened_on": "2026-01-31",
        "due_on": "2026-02-28",
        "status": "open",
        "version": 1,
    }


def test_what_a_join_causes_carries_its_correlation(session: Session) -> None:
    join = joined(JOINED)
    deliver(session, [join])
    assert {e["correlationid"] for e in envelopes(session)} == {"the-request"}
    assert {e["causationid"] for e in envelopes(session)} == {str(join.id)}


def test_the_same_join_opens_nothing_twice(session: Session) -> None:
    deliver(session, [joined(JOINED), joined(JOINED)])
    deliver(session, [joined(JOINED)])
    assert len(published(session)) == 2


def test_an_import_opens_education_alone_from_the_day_in_stockholm(session: Session) -> None:
    late_evening = "2026-05-31T22:30:00.000000Z"
    deliver(session, [joined(date(2001, 1, 1), source="import", time=late_evening)])
    assert states(session) == {EDUCATION: "open"}
    assert one(session, EDUCATION).due_on == date(2026, 12, 1)


def test_a_leave_cancels_what_is_owed_and_says_so(session: Session) -> None:
    deliver(session, [joined(JOINED), joined(JOINED, OTHER)])
    deliver(session, [left(date(2026, 2, 2))])
    assert states(session) == {INTRODUCTION: "cancelled", EDUCATION: "cancelled"}
    assert states(session, OTHER) == {INTRODUCTION: "open", EDUCATION: "open"}
    name, data = published(session, EDUCATION)[-1]
    assert (name, data["member_id"], data["version"]) == ("obligation_cancelled", str(MEMBER), 2)


def test_a_join_after_its_leave_is_opened_and_cancelled_at_once(session: Session) -> None:
    deliver(session, [left(date(2026, 2, 2))])
    deliver(session, [joined(JOINED)])
    assert states(session) == {INTRODUCTION: "cancelled", EDUCATION: "cancelled"}
    told = [(name, data["version"]) for name, data in published(session, EDUCATION)]
    assert told == [("obligation_opened", 1), ("obligation_cancelled", 2)]
    assert one(session, EDUCATION).version == 2


def test_a_leave_that_is_told_of_late_spares_the_rejoin_after_it(session: Session) -> None:
    deliver(session, [joined(date(2026, 3, 1), previous_left_on=date(2026, 2, 2))])
    deliver(session, [left(date(2026, 2, 2)), joined(JOINED)])
    found = {
        each.opened_on: each.status
        for each in obligations.of_members(session, [MEMBER])[MEMBER]
        if each.kind == EDUCATION
    }
    assert found == {JOINED: "cancelled", date(2026, 3, 1): "open"}


def test_coming_back_on_the_day_of_the_leave_is_another_join(session: Session) -> None:
    day = date(2026, 2, 2)
    again = joined(day, previous_left_on=day)
    deliver(session, [again, left(day), joined(day)])
    found = obligations.of_members(session, [MEMBER])[MEMBER]
    assert sorted((each.kind, each.status) for each in found) == [
        (INTRODUCTION, "cancelled"),
        (INTRODUCTION, "open"),
        (EDUCATION, "cancelled"),
        (EDUCATION, "open"),
    ]


def test_a_leave_keeps_what_was_met(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    obligations.meet_all(session, [(one(session, EDUCATION), date(2026, 2, 1))])
    deliver(session, [left(date(2026, 2, 2))])
    assert states(session) == {INTRODUCTION: "cancelled", EDUCATION: "met"}


def test_an_obligation_is_not_overdue_on_its_last_day(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    assert due.mark_overdue(session, date(2026, 2, 28), 500) == 0
    assert states(session)[INTRODUCTION] == "open"


def test_an_obligation_is_overdue_once(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    assert due.mark_overdue(session, date(2026, 3, 1), 500) == 1
    assert due.mark_overdue(session, date(2026, 3, 2), 500) == 0
    assert states(session) == {INTRODUCTION: "overdue", EDUCATION: "open"}
    told = [(name, data["version"]) for name, data in published(session, INTRODUCTION)]
    assert told == [("obligation_opened", 1), ("obligation_overdue", 2)]


def test_what_fell_due_first_is_marked_first_and_in_pieces(session: Session) -> None:
    members = [MEMBER, OTHER]
    days = [date(2026, 1, 10), date(2025, 12, 10)]
    deliver(session, [joined(day, member) for day, member in zip(days, members, strict=True)])
    assert due.mark_overdue(session, date(2026, 3, 1), limit=1) == 1
    assert [states(session, each)[INTRODUCTION] for each in members] == ["open", "overdue"]
    assert due.mark_overdue(session, date(2026, 3, 1), limit=1) == 1
    assert due.mark_overdue(session, date(2026, 3, 1), limit=1) == 0


def test_what_has_no_deadline_is_never_overdue(session: Session) -> None:
    session.add(
        Obligation(
            id=OTHER,
            member_id=OTHER,
            unit="1280",
            kind="leader_education",
            opened_on=date(2020, 1, 1),
            status="open",
            version=1,
        )
    )
    session.flush()
    assert due.mark_overdue(session, date(2026, 3, 1), 500) == 0
    assert one(session, "leader_education", OTHER).meet(date(2026, 3, 1))
    assert one(session, "leader_education", OTHER).status == "met"


@pytest.mark.parametrize("marked_first", [True, False])
def test_a_leave_cancels_before_and_after_the_day_has_gone_by(
    session: Session, marked_first: bool
) -> None:
    deliver(session, [joined(JOINED)])
    if marked_first:
        due.mark_overdue(session, date(2026, 3, 1), 500)
    deliver(session, [left(date(2026, 3, 5))])
    due.mark_overdue(session, date(2026, 3, 6), 500)
    assert states(session)[INTRODUCTION] == "cancelled"


def test_a_thousand_joins_take_few_statements(session: Session) -> None:
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    deliver(session, [joined(JOINED, uuid4()) for _ in range(1000)])
    assert len(published(session)) == 2000
    assert len(statements) < 20
