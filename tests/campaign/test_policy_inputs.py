"""What was heard is received, taken up, answered; its unit sees the answer."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import policy_inputs
from services.campaign.policy_inputs import PolicyInput
from tests.campaign.consulted import NOW, Row, published, sqlite

TODAY = date(2026, 6, 1)
ANSWER = "Det står i valmanifestet."


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    database: Database = sqlite(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def heard(**changes: Any) -> Row:
    """A request to take what was heard."""
    said = {"topic": "skola", "text": "Mindre klasser.", "origin": "conversation"}
    return {"id": None, "unit": "0001", **said, **changes}


def receive(session: Session, **changes: Any) -> PolicyInput:
    """A new input."""
    return policy_inputs.receive(session, units.load(session), heard(**changes))[0]


def listed(session: Session, unit: str, **wanted: str) -> list[Any]:
    """The ids of a list."""
    query = {"unit": unit, "status": None, "topic": None, "limit": 100, "cursor": None}
    page = policy_inputs.listed(session, units.load(session), {**query, **wanted})
    return [each.id for each in page.items]


def test_an_input_goes_its_way_and_its_text_is_not_told(session: Session) -> None:
    found = receive(session)
    states = [found.status]
    states.append(policy_inputs.take_up(session, found.id).status)
    states.append(policy_inputs.answer(session, found.id, ANSWER, TODAY).status)

    assert states == ["received", "taken_up", "answered"]
    told = {"input_id": str(found.id), "unit": "0001", "topic": "skola", "from": "conversation"}
    assert published(session) == [
        ("policy_input_received", told),
        ("policy_input_answered", told),
    ]


def test_the_same_again_changes_nothing_and_another_is_a_conflict(session: Session) -> None:
    tree, request = units.load(session), heard(id=uuid4())
    found, new = policy_inputs.receive(session, tree, request)
    assert (new, policy_inputs.receive(session, tree, request)) == (True, (found, False))
    with pytest.raises(Conflict):
        policy_inputs.receive(session, tree, {**request, "text": "Något annat."})

    policy_inputs.answer(session, found.id, ANSWER, TODAY)
    taken_up_at = found.taken_up_at
    policy_inputs.answer(session, found.id, ANSWER, TODAY)
    assert policy_inputs.take_up(session, found.id).status == "answered"
    assert found.taken_up_at == taken_up_at == NOW
    with pytest.raises(Conflict):
        policy_inputs.answer(session, found.id, "Ett annat svar.", TODAY)
    assert len(published(session)) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "inget sådant"}, "topic"),
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "ssu"}, "unit"),
    ],
)
def test_a_topic_or_a_unit_that_cannot_be_is_named(
    session: Session, changes: Row, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        receive(session, **changes)
    assert list(refused.value.errors) == [field]
    assert published(session) == []


@pytest.mark.parametrize("days", [-1, 1])
def test_an_answer_has_a_day_between_its_receipt_and_today(session: Session, days: int) -> None:
    found = receive(session)
    with pytest.raises(Invalid) as refused:
        policy_inputs.answer(session, found.id, ANSWER, TODAY + timedelta(days=days))
    assert list(refused.value.errors) == ["answered_on"]
    assert found.status == "received"


def test_what_is_not_there_is_not_answered(session: Session) -> None:
    with pytest.raises(NotFound):
        policy_inputs.answer(session, uuid4(), ANSWER, TODAY)
    with pytest.raises(NotFound):
        policy_inputs.take_up(session, uuid4())


def test_a_list_is_of_a_unit_and_all_below_it_by_status_and_topic(session: Session) -> None:
    school = receive(session, id=uuid4()).id
    care = receive(session, unit="0001-by", topic="vård").id
    south = receive(session, unit="0003").id
    policy_inputs.take_up(session, care)
    policy_inputs.answer(session, south, ANSWER, TODAY)

    assert set(listed(session, "SE")) == {school, care, south}
    assert set(listed(session, "norr")) == {school, care}
    assert listed(session, "0003") == [south]
    assert listed(session, "SE", topic="vård") == [care]
    assert listed(session, "SE", status="received") == [school]
    assert listed(session, "SE", status="taken_up") == [care]
    assert listed(session, "SE", status="answered") == [south]
