"""Probable duplicates are listed as pairs, until somebody says that they are different people."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Forbidden, Invalid
from services.membership import duplicates, joins, marks, members, units
from services.membership.duplicates import MOST_SHARING
from services.membership.vault import Vault
from tests.membership.given import joining

FAMILY = {"email": "familjen@example.se"}
ANYWHERE = str


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the national organisation."""
    with database.writing() as session:
        yield session


def join(session: Session, vault: Vault, *requests: dict[str, Any]) -> list[UUID]:
    """Let some join; their ids, sorted."""
    outcomes = joins.join_all(session, units.take_turn(session), requests, vault)
    assert all(outcome.created for outcome in outcomes)
    return sorted(outcome.id for outcome in outcomes)


def listed(session: Session, unit: str = "SE", limit: int = 100) -> list[tuple[Any, ...]]:
    """All pairs of a unit with their reasons, page by page."""
    found: list[tuple[Any, ...]] = []
    query: dict[str, Any] = {"unit": unit, "limit": limit, "cursor": None}
    tree = units.take_turn(session)
    while True:
        page = duplicates.pairs(session, tree, query)
        assert len(page.items) <= limit
        for pair in page.items:
            reasons = [name for name in duplicates.REASONS if getattr(pair, name)]
            found.append((pair.first, pair.second, reasons))
        if page.next is None:
            return found
        query["cursor"] = page.next


@pytest.mark.parametrize(
    ("same", "reason"),
    [
        ({"email": "familjen@example.se"}, "email"),
        ({"phone": "+4681234567"}, "phone"),
        ({"name": "Anna Andersson", "birth_date": date(1980, 1, 2)}, "name_and_birth_date"),
    ],
)
def test_two_with_something_in_common_are_a_pair(
    session: Session, vault: Vault, same: dict[str, Any], reason: str
) -> None:
    first, second = join(session, vault, joining(**same), joining(**same))
    join(session, vault, joining(), joining(name="Anna Andersson", birth_date=None))

    assert listed(session) == [(first, second, [reason])]


def test_a_pair_is_listed_once_with_all_its_reasons(session: Session, vault: Vault) -> None:
    same = {**FAMILY, "phone": "+4681234567"}
    first, second = join(session, vault, joining(**same), joining(**same))

    assert listed(session) == [(first, second, ["email", "phone"])]


def test_three_are_three_pairs_in_pages_of_any_size(session: Session, vault: Vault) -> None:
    one, two, three = join(session, vault, *(joining(**FAMILY) for _ in range(3)))

    pairs = [(one, two, ["email"]), (one, three, ["email"]), (two, three, ["email"])]
    for limit in (1, 2, 3, 100):
        assert listed(session, limit=limit) == pairs


def test_what_many_share_tells_of_no_two_of_them(session: Session, vault: Vault) -> None:
    join(session, vault, *(joining(**FAMILY) for _ in range(MOST_SHARING)))
    assert len(listed(session)) == MOST_SHARING * (MOST_SHARING - 1) // 2

    join(session, vault, joining(**FAMILY))
    assert listed(session) == []


def test_a_unit_has_the_pairs_that_are_whole_below_it(session: Session, vault: Vault) -> None:
    here = join(session, vault, joining(**FAMILY), joining(**FAMILY, unit="1281"))
    join(session, vault, joining(**FAMILY, unit="0114"))

    assert len(listed(session)) == 3
    assert listed(session, "skane") == [(*here, ["email"])]
    assert listed(session, "1280") == []
    assert listed(session, "stockholms-lan") == []


def test_who_has_left_may_be_one_of_a_pair(session: Session, vault: Vault) -> None:
    pair = join(session, vault, joining(**FAMILY), joining(**FAMILY))
    members.leave(session, pair[0], {"left_on": date(2024, 9, 1), "reason": "unpaid"})

    assert listed(session) == [(*pair, ["email"])]


def test_who_is_forgotten_is_in_no_pair(session: Session, vault: Vault) -> None:
    pair = join(session, vault, joining(**FAMILY), joining(**FAMILY))
    marks.forget(session, pair[1])

    assert listed(session) == []


def tell_apart(session: Session, first: UUID, second: UUID, reach: Any = ANYWHERE) -> None:
    """Say that the two are different people."""
    duplicates.tell_apart(session, {"first": first, "second": second}, reach)


def test_who_are_told_apart_are_listed_no_more(session: Session, vault: Vault) -> None:
    one, two, three = join(session, vault, *(joining(**FAMILY) for _ in range(3)))

    tell_apart(session, three, one)
    tell_apart(session, one, three)

    assert listed(session) == [(one, two, ["email"]), (two, three, ["email"])]


def test_nobody_is_told_apart_from_nobody_or_from_oneself(session: Session, vault: Vault) -> None:
    one, two = join(session, vault, joining(**FAMILY), joining(**FAMILY))

    for first, second, field in (
        (one, uuid4(), "second"),
        (uuid4(), two, "first"),
        (one, one, "second"),
    ):
        with pytest.raises(Invalid) as refused:
            tell_apart(session, first, second)
        assert set(refused.value.errors) == {field}
    assert len(listed(session)) == 1


def test_both_must_be_within_reach_to_be_told_apart(session: Session, vault: Vault) -> None:
    one, two = join(session, vault, joining(**FAMILY), joining(**FAMILY, unit="0114"))

    def reach(unit: str) -> None:
        if unit != "1280":
            raise Forbidden

    for pair in ((one, two), (two, one)):
        with pytest.raises(Forbidden):
            tell_apart(session, *pair, reach)
    assert len(listed(session)) == 1
