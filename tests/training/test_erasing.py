"""Of one who is erased training keeps ids, days and kinds, in whatever order it hears of it."""

from datetime import date
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.event import Event
from services.training import offers
from services.training.offers import Offer
from services.training.service import TrainingService
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    heard,
    joined,
    left,
    published,
    states,
)

JOINED, LEFT = date(2026, 1, 31), date(2026, 3, 1)


def erased(member_id: UUID = MEMBER) -> Event:
    """An erasure."""
    return heard("member_erased", {"member_id": member_id})


def hear(session: Session, event: Event) -> None:
    """Hand one event to its handler."""
    if event.type == "membership.member_erased.v1":
        TrainingService().forget_members(session, [event])
    else:
        deliver(session, [event])


def offer(session: Session, member_id: UUID = MEMBER) -> Offer:
    """An offer of the introduction, with a word on how it was made."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "member_id": member_id,
        "kind": INTRODUCTION,
        "offered_on": date(2026, 2, 1),
        "via": "samtal med Åsa",
    }
    return offers.offer(session, lambda unit: True, given)[0]


def vias(session: Session) -> dict[UUID, str | None]:
    """What is written about the offers to each member."""
    rows = session.execute(select(Offer.member_id, Offer.via))
    return {row.member_id: row.via for row in rows}


def test_what_was_written_about_an_offer_is_dropped_and_the_offer_stays(session: Session) -> None:
    deliver(session, [joined(JOINED), joined(JOINED, OTHER)])
    offer(session)
    offer(session, OTHER)
    deliver(session, [left(LEFT)])
    before = published(session), states(session)

    for _ in range(2):
        hear(session, erased())

    assert vias(session) == {MEMBER: None, OTHER: "samtal med Åsa"}
    assert (published(session), states(session)) == before
    assert states(session) == {INTRODUCTION: "met", EDUCATION: "cancelled"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_obligations_come_out_the_same_whenever_it_is_heard(
    session: Session, order: tuple[int, ...]
) -> None:
    events = [joined(JOINED), left(LEFT), erased()]
    for index in (*order, *order):
        hear(session, events[index])

    assert states(session) == {INTRODUCTION: "cancelled", EDUCATION: "cancelled"}
    names = [name for name, _ in published(session, EDUCATION)]
    assert names == ["obligation_opened", "obligation_cancelled"]


def test_an_erasure_of_one_never_heard_of_is_harmless(session: Session) -> None:
    hear(session, erased(uuid4()))

    assert published(session) == []
