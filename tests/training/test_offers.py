"""Offers: the first one meets the obligation, on time or late."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Forbidden, Invalid
from infra.units import Tree
from services.training import due, obligations, offers
from services.training.offers import Offer
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

JOINED = date(2026, 1, 31)
DUE = date(2026, 2, 28)
LATE = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 6, 1))


def everywhere(unit: str) -> bool:
    """A caller who may act anywhere."""
    return True


def an_offer(
    offered_on: date,
    kind: str = INTRODUCTION,
    member_id: UUID = MEMBER,
    offer_id: UUID | None = None,
) -> dict[str, Any]:
    """A request, as the schema loads it."""
    return {
        "id": offer_id,
        "member_id": member_id,
        "kind": kind,
        "offered_on": offered_on,
        "via": "phone",
    }


def last_told(session: Session, kind: str = INTRODUCTION) -> tuple[str, bool, int]:
    """The last event about the kind: its name, whether it was on time, its version."""
    name, data = published(session, kind)[-1]
    return name, data["on_time"], data["version"]


def test_an_offer_on_the_last_day_is_on_time(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    _, new = offers.offer(session, everywhere, an_offer(DUE))
    assert new
    assert states(session) == {INTRODUCTION: "met", EDUCATION: "open"}
    assert last_told(session) == ("obligation_met", True, 2)
    assert published(session, INTRODUCTION)[-1][1]["offered_on"] == "2026-02-28"


def test_an_offer_after_the_last_day_is_late(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offers.offer(session, everywhere, an_offer(LATE))
    assert states(session)[INTRODUCTION] == "met_late"
    assert last_told(session) == ("obligation_met", False, 2)


@pytest.mark.parametrize(("offered_on", "status"), [(DUE, "met"), (LATE, "met_late")])
@pytest.mark.parametrize("marked_first", [True, False])
def test_an_offer_counts_by_its_day_whenever_the_deadline_is_looked_at(
    session: Session, offered_on: date, status: str, marked_first: bool
) -> None:
    deliver(session, [joined(JOINED)])
    if marked_first:
        assert due.mark_overdue(session, date(2026, 3, 2), 500) == 1
    offers.offer(session, everywhere, an_offer(offered_on))
    assert due.mark_overdue(session, date(2026, 3, 2), 500) == 0
    assert states(session)[INTRODUCTION] == status
    assert last_told(session) == ("obligation_met", status == "met", 3 if marked_first else 2)


def test_the_first_of_two_offers_counts(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    offers.offer(session, everywhere, an_offer(LATE))
    second, new = offers.offer(session, everywhere, an_offer(DUE))
    assert new
    assert second.obligation_id == one(session, INTRODUCTION).id
    assert states(session)[INTRODUCTION] == "met_late"
    assert [name for name, _ in published(session, INTRODUCTION)][-1:] == ["obligation_met"]
    assert len(published(session, INTRODUCTION)) == 2


def test_an_offer_sent_again_is_the_stored_one_even_after_the_member_left(
    session: Session,
) -> None:
    deliver(session, [joined(JOINED)])
    sent = an_offer(DUE, offer_id=uuid4())
    offers.offer(session, everywhere, sent)
    deliver(session, [left(LATE)])
    stored, new = offers.offer(session, everywhere, sent)
    assert (stored.id, new) == (sent["id"], False)


def test_an_id_is_not_taken_twice_for_different_offers(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    key = uuid4()
    offers.offer(session, everywhere, an_offer(DUE, offer_id=key))
    with pytest.raises(Conflict):
        offers.offer(session, everywhere, an_offer(LATE, offer_id=key))


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (an_offer(date(2026, 6, 2)), "offered_on"),
        (an_offer(date(2026, 1, 30)), "offered_on"),
        (an_offer(DUE, member_id=OTHER), "member_id"),
        (an_offer(DUE, kind="leader_education"), "kind"),
    ],
    ids=["in the future", "before the join", "unknown member", "kind not owed"],
)
def test_a_bad_offer_is_refused_by_field_and_leaves_nothing(
    session: Session, bad: dict[str, Any], field: str
) -> None:
    deliver(session, [joined(JOINED)])
    with pytest.raises(Invalid) as refused:
        offers.offer(session, everywhere, bad)
    assert list(refused.value.errors) == [field]
    assert session.scalars(select(Offer)).all() == []
    assert len(published(session)) == 2


@pytest.mark.parametrize("met_before", [True, False])
def test_who_has_left_can_be_offered_nothing(session: Session, met_before: bool) -> None:
    deliver(session, [joined(JOINED)])
    if met_before:
        offers.offer(session, everywhere, an_offer(DUE))
    deliver(session, [left(LATE)])
    with pytest.raises(Conflict):
        offers.offer(session, everywhere, an_offer(LATE))


def test_an_offer_is_for_the_membership_of_its_day(session: Session) -> None:
    back = date(2026, 4, 1)
    deliver(session, [joined(JOINED), left(LATE), joined(back, previous_left_on=LATE)])
    with pytest.raises(Conflict):
        offers.offer(session, everywhere, an_offer(DUE))
    stored, _ = offers.offer(session, everywhere, an_offer(back))
    chosen = session.get_one(obligations.Obligation, stored.obligation_id)
    assert (chosen.opened_on, chosen.status) == (back, "met")


def test_an_offer_needs_rights_in_the_unit_of_the_obligation(session: Session, tree: Tree) -> None:
    deliver(session, [joined(JOINED)])
    with pytest.raises(Forbidden):
        offers.offer(session, lambda unit: tree.within(unit, "stockholms-lan"), an_offer(DUE))
    offers.offer(session, lambda unit: tree.within(unit, "skane"), an_offer(DUE))
    assert states(session)[INTRODUCTION] == "met"


def test_every_offer_of_a_batch_is_answered_and_a_bad_one_spoils_no_other(
    session: Session,
) -> None:
    deliver(session, [joined(JOINED)])
    key = uuid4()
    answers = offers.offer_all(
        session,
        everywhere,
        [
            an_offer(DUE, member_id=OTHER),
            an_offer(DUE, offer_id=key),
            an_offer(DUE, offer_id=key),
            an_offer(LATE, offer_id=key),
            an_offer(LATE, EDUCATION),
        ],
    )
    problems = [type(answer.problem) for answer in answers]
    assert problems == [Invalid, type(None), type(None), Conflict, type(None)]
    assert [answer.created for answer in answers] == [False, True, False, False, True]
    assert states(session) == {INTRODUCTION: "met", EDUCATION: "met"}


def test_an_offer_to_a_unit_reaches_all_who_are_owed_it_there_and_below(
    session: Session, tree: Tree
) -> None:
    elsewhere, done, late, gone, new = (uuid4() for _ in range(5))
    deliver(
        session,
        [
            joined(JOINED),
            joined(JOINED, elsewhere, unit="0180"),
            joined(JOINED, done, unit="1281"),
            joined(date(2025, 1, 1), late, unit="1281"),
            joined(JOINED, gone),
            left(LATE, gone),
            joined(date(2026, 5, 1), new),
        ],
    )
    due.mark_overdue(session, date(2026, 2, 10), 500)
    offers.offer(session, everywhere, an_offer(DUE, member_id=done))
    given = {"unit": "skane", "kind": INTRODUCTION, "offered_on": DUE, "via": None}
    assert offers.offer_unit(session, tree, given, limit=1) == 1
    assert offers.offer_unit(session, tree, given) == 1
    assert offers.offer_unit(session, tree, given) == 0
    found = [
        states(session, each)[INTRODUCTION] for each in (MEMBER, elsewhere, done, late, gone, new)
    ]
    assert found == ["met", "open", "met", "met_late", "cancelled", "open"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": "9999"}, "unit"),
        ({"unit": "0181"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"offered_on": date(2026, 6, 2)}, "offered_on"),
    ],
    ids=["unknown", "closed", "side organisation", "in the future"],
)
def test_a_bad_offer_to_a_unit_is_refused_by_field(
    session: Session, tree: Tree, change: dict[str, Any], field: str
) -> None:
    given = {"unit": "SE", "kind": INTRODUCTION, "offered_on": DUE, "via": None}
    with pytest.raises(Invalid) as refused:
        offers.offer_unit(session, tree, given | change)
    assert list(refused.value.errors) == [field]
