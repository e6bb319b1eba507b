"""What training shows: what is due next, and sums by status."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from infra.units import Tree
from services.training import due, obligations, queries
from services.training.obligations import Obligation
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    joined,
    left,
    one,
)

QUERY: dict[str, Any] = {"unit": "SE", "kind": None, "status": None, "limit": 100, "cursor": None}


def test_the_list_is_in_the_order_of_what_is_due_next_and_goes_on_where_it_was_cut(
    session: Session, tree: Tree
) -> None:
    deliver(session, [joined(date(2026, 1, 1)), joined(date(2025, 12, 1), OTHER)])
    no_deadline = Obligation(
        id=uuid4(),
        member_id=OTHER,
        unit="1280",
        kind="leader_education",
        opened_on=date(2020, 1, 1),
        status="open",
        version=1,
    )
    session.add(no_deadline)
    session.flush()
    seen, cursor = [], None
    for _ in range(5):
        page = queries.obligations(session, tree, {**QUERY, "limit": 1, "cursor": cursor})
        seen += [each.due_on for each in page.items]
        cursor = page.next
    assert cursor is None
    assert seen == [
        date(2026, 1, 1),
        date(2026, 2, 1),
        date(2026, 6, 1),
        date(2026, 7, 1),
        None,
    ]


def test_the_list_is_cut_down_by_unit_kind_and_status(session: Session, tree: Tree) -> None:
    deliver(session, [joined(date(2026, 1, 1)), joined(date(2026, 1, 1), OTHER, unit="0180")])
    due.mark_overdue(session, date(2026, 3, 1), 500)

    def members(**change: Any) -> set[UUID]:
        page = queries.obligations(session, tree, {**QUERY, **change})
        return {each.member_id for each in page.items}

    assert members() == {MEMBER, OTHER}
    assert members(unit="skane") == {MEMBER}
    assert members(status="overdue", kind=INTRODUCTION) == {MEMBER, OTHER}
    assert members(status="overdue", kind=EDUCATION) == set()
    assert members(unit="9999") == set()


def test_the_summary_counts_by_status_and_shows_what_is_due_soon(
    session: Session, tree: Tree
) -> None:
    today = date(2026, 3, 1)
    gone, late, elsewhere = uuid4(), uuid4(), uuid4()
    deliver(
        session,
        [
            joined(date(2026, 1, 20)),
            joined(date(2026, 2, 28), OTHER),
            joined(date(2026, 1, 1), gone),
            left(date(2026, 1, 2), gone),
            joined(date(2025, 12, 1), late, unit="1281"),
            joined(date(2026, 1, 20), elsewhere, unit="0180"),
        ],
    )
    obligations.meet_all(
        session,
        [
            (one(session, INTRODUCTION), date(2026, 2, 1)),
            (one(session, INTRODUCTION, late), date(2026, 2, 1)),
        ],
    )
    due.mark_overdue(session, today, 500)
    assert queries.summary(session, tree, "skane", today) == {
        "unit": "skane",
        "open": 4,
        "due_in_30_days": 1,
        "overdue": 0,
        "met": 1,
        "met_late": 1,
        "cancelled": 2,
        "on_time_share": 0.5,
    }


def test_a_unit_without_obligations_has_no_share(session: Session, tree: Tree) -> None:
    assert queries.summary(session, tree, "SE", date(2026, 3, 1))["on_time_share"] is None


def test_the_parts_of_a_unit_are_summed_up_each_of_one_kind_or_all(
    session: Session, tree: Tree
) -> None:
    today = date(2026, 3, 1)
    deliver(session, [joined(date(2026, 1, 1)), joined(date(2026, 1, 1), OTHER, unit="0180")])
    due.mark_overdue(session, today, 500)
    obligations.meet_all(session, [(one(session, EDUCATION, OTHER), today)])

    parts = queries.summaries(session, tree, {"unit": "SE", "kind": None}, today)
    found = {part["unit"]: part for part in parts}
    assert set(found) == {"skane", "stockholms-lan", "ssu"}
    skane, north = found["skane"], found["stockholms-lan"]
    assert (skane["open"], skane["overdue"], skane["on_time_share"]) == (1, 1, 0.0)
    assert (north["met"], north["overdue"], north["on_time_share"]) == (1, 1, 0.5)
    assert found["ssu"]["on_time_share"] is None
    educations = queries.summaries(session, tree, {"unit": "skane", "kind": EDUCATION}, today)
    assert {part["unit"]: part["open"] for part in educations} == {"1280": 1, "1281": 0}
