"""An offer taken back: the next one counts, or a completion, or what was met is owed again."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra.errors import Forbidden, NotFound
from infra.units import Tree
from services.training import due, offers, withdrawing
from tests.training import taught
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    deliver,
    joined,
    left,
    one,
    published,
    states,
)

JOINED = date(2026, 1, 31)


def offered(session: Session, day: date, kind: str = EDUCATION) -> UUID:
    """An offer of that day; its id."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "member_id": MEMBER,
        "kind": kind,
        "offered_on": day,
        "via": None,
    }
    offer, _ = offers.offer(session, lambda unit: True, given)
    return offer.id


def withdraw(session: Session, offer_id: UUID) -> bool:
    return withdrawing.withdraw(session, lambda unit: True, offer_id)[1]


def test_a_withdrawn_offer_reopens_what_it_met_and_says_so(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offer = offered(session, date(2026, 2, 2))

    assert withdraw(session, offer)
    assert states(session)[EDUCATION] == "open"
    name, data = published(session, EDUCATION)[-1]
    assert (name, data["version"], data["status"]) == ("obligation_reopened", 3, "open")
    assert "offered_on" not in data
    assert "on_time" not in data


def test_withdrawing_twice_changes_nothing_more(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offer = offered(session, date(2026, 2, 2))
    withdraw(session, offer)
    before = published(session)

    assert not withdraw(session, offer)
    assert published(session) == before


def test_the_next_offer_counts_when_the_first_is_withdrawn(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    first = offered(session, date(2026, 2, 2))
    offered(session, date(2026, 9, 1))
    withdraw(session, first)

    obligation = one(session, EDUCATION)
    assert (obligation.status, obligation.offered_on) == ("met_late", date(2026, 9, 1))


def test_an_offer_that_did_not_count_is_withdrawn_without_a_word(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offered(session, date(2026, 2, 2))
    second = offered(session, date(2026, 3, 2))
    before = published(session)

    assert withdraw(session, second)
    assert published(session) == before
    assert one(session, EDUCATION).offered_on == date(2026, 2, 2)


def test_a_completion_stands_when_the_offer_is_withdrawn(session: Session, tree: Tree) -> None:
    deliver(session, [joined(JOINED)])
    offer = offered(session, date(2026, 2, 2))
    held = taught.plan_day(session, tree, taught.course(session, tree), date(2026, 3, 1))
    taught.enrol(session, held, MEMBER)
    taught.done(session, held, MEMBER, date(2026, 3, 1))
    withdraw(session, offer)

    obligation = one(session, EDUCATION)
    assert (obligation.status, obligation.offered_on) == ("met", date(2026, 3, 1))


def test_what_is_reopened_after_its_last_day_is_overdue_by_the_next_run(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offer = offered(session, date(2026, 2, 2), INTRODUCTION)
    due.mark_overdue(session, date(2026, 3, 1), 500)
    withdraw(session, offer)
    due.mark_overdue(session, date(2026, 3, 1), 500)

    assert states(session)[INTRODUCTION] == "overdue"


def test_withdrawn_after_a_leave_it_is_cancelled(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offer = offered(session, date(2026, 2, 2))
    deliver(session, [left(date(2026, 2, 10))])
    withdraw(session, offer)

    assert states(session)[EDUCATION] == "cancelled"


def test_out_of_reach_or_unknown_it_is_refused(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offer = offered(session, date(2026, 2, 2))

    with pytest.raises(Forbidden):
        withdrawing.withdraw(session, lambda unit: False, offer)
    with pytest.raises(NotFound):
        withdraw(session, uuid4())
