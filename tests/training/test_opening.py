"""The introduction on request, for members from before."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Invalid
from infra.units import Tree
from services.training import opening
from tests.training.facts import (
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    joined,
    left,
    one,
    published,
    states,
    transferred,
)

LONG_AGO = date(2001, 5, 1)
TODAY = date(2026, 8, 31)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day whose month is followed by a shorter one."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)


def opened(session: Session, tree: Tree, limit: int = 500, **change: Any) -> int:
    """How many are opened for those from before 2020."""
    given = {"unit": "SE", "joined_before": date(2020, 1, 1), **change}
    return opening.open_introductions(session, tree, given, limit)


def test_it_is_opened_once_and_due_a_month_from_today(session: Session, tree: Tree) -> None:
    deliver(session, [joined(LONG_AGO, source="import")])

    assert opened(session, tree) == 1
    owed = one(session, INTRODUCTION)
    assert (owed.opened_on, owed.due_on, owed.status) == (LONG_AGO, date(2026, 9, 30), "open")
    assert [name for name, _ in published(session, INTRODUCTION)] == ["obligation_opened"]
    assert opened(session, tree) == 0


def test_it_is_opened_in_pieces_until_none_is_left(session: Session, tree: Tree) -> None:
    deliver(session, [joined(LONG_AGO, each, source="import") for each in (MEMBER, OTHER)])

    assert [opened(session, tree, limit=1) for _ in range(3)] == [1, 1, 0]


def test_new_members_those_who_left_and_those_elsewhere_get_none(
    session: Session, tree: Tree
) -> None:
    deliver(session, [joined(date(2026, 1, 1)), joined(LONG_AGO, OTHER, source="import")])
    assert opened(session, tree, unit="0180") == 0
    deliver(session, [left(date(2025, 1, 1), OTHER)])

    assert opened(session, tree) == 0
    assert states(session)[INTRODUCTION] == "open"


def test_it_follows_the_member_and_ends_with_the_membership(session: Session, tree: Tree) -> None:
    moved = date(2020, 1, 1)
    deliver(session, [joined(LONG_AGO, source="import"), transferred(moved, "0180")])
    opened(session, tree)

    assert one(session, INTRODUCTION).unit == "0180"
    deliver(session, [left(date(2021, 1, 1))])
    assert states(session)[INTRODUCTION] == "cancelled"


@pytest.mark.parametrize(
    ("field", "value"),
    [("unit", "9999"), ("unit", "0181"), ("joined_before", date(2026, 9, 1))],
)
def test_an_unknown_or_closed_unit_and_a_future_day_are_refused(
    session: Session, tree: Tree, field: str, value: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        opened(session, tree, **{field: value})
    assert list(refused.value.errors) == [field]
