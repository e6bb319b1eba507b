"""Consultations: asked of some units, answered once by each member, while they are open."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import consultations, former_members
from services.campaign.consultations import Answer
from tests.campaign.consulted import (
    HOUR,
    NOW,
    answer,
    answering,
    ask,
    asking,
    published,
    registered,
    sqlite,
)

LATER = timedelta(days=367)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    database: Database = sqlite(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    """It is another time."""
    monkeypatch.setattr(clock, "now", lambda: instant)


def answers(session: Session) -> list[tuple[UUID | None, int]]:
    """Who answered what."""
    found = session.execute(select(Answer.member_id, Answer.option).order_by(Answer.option))
    return [(member_id, option) for member_id, option in found]


def test_a_consultation_is_asked_once(session: Session) -> None:
    tree, request = units.load(session), asking(id=uuid4())
    first, new = consultations.ask(session, tree, request)
    again, newer = consultations.ask(session, tree, request)

    assert (new, newer) == (True, False)
    assert again is first
    assert (first.units, first.status) == (["SE"], "open")
    with pytest.raises(Conflict):
        consultations.ask(session, tree, {**request, "question": "En annan?"})


def test_one_whose_time_has_come_is_told_at_once_and_another_later(session: Session) -> None:
    now = ask(session, unit="norr")
    later = ask(session, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR)

    opened = {"consultation_id": str(now.id), "unit": "norr"}
    assert published(session) == [("consultation_opened", opened)]
    assert later.status == "planned"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_at": NOW}, "closes_at"),
        ({"opens_at": NOW + 2 * HOUR}, "closes_at"),
        ({"opens_at": NOW + HOUR}, "closes_at"),
        ({"closes_at": NOW + LATER}, "closes_at"),
        ({"opens_at": NOW - LATER}, "opens_at"),
        ({"opens_at": NOW + LATER, "closes_at": NOW + LATER + HOUR}, "opens_at"),
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"unit": "norr", "units": ["0001", "0003"]}, "units.1"),
        ({"unit": "norr", "units": ["SE"]}, "units.0"),
        ({"units": ["0001", "nowhere"]}, "units.1"),
    ],
)
def test_units_and_times_that_cannot_be_are_named(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        ask(session, **changes)
    assert list(refused.value.errors) == [field]


def test_a_member_answers_once_and_nothing_tells_who(session: Session) -> None:
    asked = ask(session, unit="norr", units=["0001", "0002"])
    request = answering(id=uuid4(), unit="0001-by", option=2)
    tree = units.load(session)
    first, new = consultations.answer(session, tree, asked.id, request)
    again, newer = consultations.answer(session, tree, asked.id, request)

    assert (new, newer) == (True, False)
    assert again is first
    told = {"consultation_id": str(asked.id), "unit": "0001-by"}
    assert published(session)[1:] == [("consultation_answered", told)]


@pytest.mark.parametrize("changes", [{"option": 1}, {"unit": "0002"}, {"id": UUID(int=7)}])
def test_another_answer_of_the_same_member_is_a_conflict(
    session: Session, changes: dict[str, Any]
) -> None:
    asked, member_id = ask(session), uuid4()
    given = answer(session, asked.id, member_id=member_id)

    # Without an id the member decides.
    assert answer(session, asked.id, member_id=member_id) is given
    with pytest.raises(Conflict):
        answer(session, asked.id, member_id=member_id, **changes)
    assert answers(session) == [(member_id, 0)]
    assert len(published(session)) == 2


def test_the_id_of_one_answer_is_not_another_members(session: Session) -> None:
    asked, key = ask(session), uuid4()
    answer(session, asked.id, id=key)
    with pytest.raises(Conflict):
        answer(session, asked.id, id=key)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "0003"}, "unit"),
        ({"unit": "norr"}, "unit"),
        ({"unit": "0002"}, "unit"),
        ({"unit": "nowhere"}, "unit"),
        ({"option": 3}, "option"),
    ],
)
def test_an_answer_from_outside_or_to_no_option_is_refused(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    units.copy(session, [registered("0002", "branch", "norr", open=False, version=2)])
    asked = ask(session, unit="norr", units=["0001", "0001-by"])
    with pytest.raises(Invalid) as refused:
        answer(session, asked.id, **changes)
    assert list(refused.value.errors) == [field]
    assert answers(session) == []


def test_no_answer_before_opening_nor_after_closing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, request = ask(session, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR), answering()
    tree = units.load(session)
    with pytest.raises(Conflict, match="planned"):
        answer(session, asked.id)
    at(monkeypatch, NOW + HOUR)
    given, _ = consultations.answer(session, tree, asked.id, request)
    at(monkeypatch, NOW + 2 * HOUR)
    with pytest.raises(Conflict, match="closed"):
        answer(session, asked.id)

    # What was taken is answered alike to a telephone that sends it late once more.
    assert consultations.answer(session, tree, asked.id, request) == (given, False)
    with pytest.raises(NotFound):
        answer(session, uuid4())


def test_the_opening_is_told_before_the_first_answer_even_if_no_timer_ran(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(session, opens_at=NOW + HOUR, closes_at=NOW + 2 * HOUR)
    at(monkeypatch, NOW + HOUR)
    answer(session, asked.id)
    answer(session, asked.id)

    names = [name for name, _ in published(session)]
    assert names == ["consultation_opened", "consultation_answered", "consultation_answered"]


def test_an_erased_member_is_forgotten_and_the_answer_counts(session: Session) -> None:
    asked, member_id = ask(session), uuid4()
    request = answering(id=uuid4(), member_id=member_id)
    tree = units.load(session)
    given, _ = consultations.answer(session, tree, asked.id, request)
    former_members.erase(session, {member_id})
    consultations.forget(session, {member_id})
    session.expire_all()

    assert answers(session) == [(None, 0)]
    assert consultations.answer(session, tree, asked.id, request) == (given, False)
    with pytest.raises(Invalid) as refused:
        answer(session, ask(session).id, member_id=member_id)
    assert list(refused.value.errors) == ["member_id"]


def test_a_merged_members_answer_is_the_others(session: Session) -> None:
    asked, member_id, into_id = ask(session), uuid4(), uuid4()
    request = answering(id=uuid4(), member_id=member_id)
    tree = units.load(session)
    given, _ = consultations.answer(session, tree, asked.id, request)
    former_members.merge(session, member_id, into_id)
    consultations.take_over(session, member_id, into_id)
    session.expire_all()

    assert answers(session) == [(into_id, 0)]
    assert consultations.answer(session, tree, asked.id, request) == (given, False)
    with pytest.raises(Conflict):
        answer(session, asked.id, member_id=member_id, option=1)


def test_of_two_answers_of_one_who_was_two_one_stays_unless_it_is_published(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    member_id, into_id = uuid4(), uuid4()
    open_, closing = ask(session, closes_at=NOW + 2 * HOUR), ask(session)
    for asked in (open_, closing):
        answer(session, asked.id, member_id=member_id, option=0)
        answer(session, asked.id, member_id=into_id, option=1)
    at(monkeypatch, NOW + HOUR)
    consultations.take_over(session, member_id, into_id)

    assert answers(session) == [(None, 0), (into_id, 1), (into_id, 1)]
