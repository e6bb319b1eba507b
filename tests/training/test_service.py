"""What the service class does beside translating: RPC's rights, and the overdue run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from infra import clock
from infra.auth import Caller
from infra.database import Database
from infra.errors import Invalid
from infra.units import Units
from services.training.service import TrainingService
from services.training.service import obligations as module
from tests.training.facts import INTRODUCTION, MEMBER, deliver, joined, left, states

TODAY = date(2026, 3, 10)


@pytest.fixture
def service(database: Database, monkeypatch: pytest.MonkeyPatch) -> TrainingService:
    """The service with its dependencies, on a fixed day."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    made: Any = TrainingService()
    made.database, made.units = database, Units()
    return made


def caller(unit: str) -> Caller:
    """Somebody who may read in a unit."""
    return Caller("somebody", frozenset(["training:read"]), unit, 2**40)


def test_rpc_leaves_out_the_obligations_out_of_reach(service: Any, database: Database) -> None:
    moved = date(2026, 2, 1)
    with database.writing() as session:
        deliver(
            session,
            [
                joined(date(2026, 1, 1)),
                left(moved),
                joined(moved, unit="0180", previous_left_on=moved),
            ],
        )
    found = {}
    for unit in ("SE", "skane", "0180"):
        service.caller = caller(unit)
        answer = service.get_obligations(str(MEMBER))
        found[unit] = [(item["unit"], item["status"]) for item in answer["items"]]
    cancelled, still_open = [("1280", "cancelled")] * 2, [("0180", "open")] * 2
    assert found["skane"] == cancelled
    assert found["0180"] == still_open
    assert sorted(found["SE"]) == sorted(cancelled + still_open)


@pytest.mark.parametrize("member_id", [None, 1, "nobody", {}, "\ud800"])
def test_rpc_refuses_what_is_no_member_id(service: Any, member_id: Any) -> None:
    service.caller = caller("SE")
    with pytest.raises(Invalid) as refused:
        service.get_obligations(member_id)
    assert list(refused.value.errors) == ["member_id"]


def test_the_overdue_run_goes_on_until_nothing_is_left(
    service: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    members = [uuid4() for _ in range(5)]
    with database.writing() as session:
        deliver(session, [joined(date(2026, 1, 1), each) for each in members])
    service.watch_deadlines()
    with database.reading() as session:
        assert {states(session, each)[INTRODUCTION] for each in members} == {"overdue"}


def test_a_database_that_is_away_does_not_end_the_overdue_run_for_good(
    service: Any, database: Database
) -> None:
    class Away:
        @contextmanager
        def writing(self) -> Iterator[Session]:
            raise OperationalError("SELECT 1", {}, ConnectionError("gone"))
            yield

    service.database = Away()
    service.watch_deadlines()
    service.database = database
    with database.writing() as session:
        deliver(session, [joined(date(2026, 1, 1))])
    service.watch_deadlines()
    with database.reading() as session:
        assert states(session)[INTRODUCTION] == "overdue"
