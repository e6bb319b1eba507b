"""Whatever the order in which joins and leaves are heard of, the obligations come out the same."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.training.obligations import Obligation
from services.training.trainees import Leave, Trainee
from tests.training.facts import MEMBER, OTHER, deliver, joined, left, made, published

FIRST = date(2024, 1, 1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples, which empty it themselves."""
    database = made(tmp_path_factory.mktemp("orders"))
    yield database
    database.close()


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], dict[tuple[UUID, date, date | None], str]]:
    """What two members did, and what is to become of the obligations of each of their joins."""
    events: list[Event] = []
    expected: dict[tuple[UUID, date, date | None], str] = {}
    for member in (MEMBER, OTHER):
        day, previous = FIRST, None
        for _ in range(draw(st.integers(0, 3))):
            # One may leave on the day of joining and be back on that day, but not twice in a day.
            day += timedelta(days=draw(st.integers(0, 200)))
            events.append(joined(day, member, previous_left_on=previous))
            key = (member, day, previous)
            expected[key] = "open"
            if draw(st.booleans()):
                first = 1 if previous == day else 0
                day += timedelta(days=draw(st.integers(first, 200)))
                events.append(left(day, member))
                expected[key] = "cancelled"
                previous = day
            else:
                break
    return events, expected


def found(session: Session) -> dict[tuple[UUID, date, date | None], set[str]]:
    """What became of each join."""
    by_join: dict[tuple[UUID, date, date | None], set[str]] = {}
    for each in session.scalars(select(Obligation)):
        key = (each.member_id, each.opened_on, each.previous_left_on)
        by_join.setdefault(key, set()).add(each.status)
    return by_join


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_any_order_and_any_repetition_gives_the_same_obligations(
    shared: Database,
    history: tuple[list[Event], dict[tuple[UUID, date, date | None], str]],
    data: st.DataObject,
) -> None:
    events, expected = history
    repeated = data.draw(st.lists(st.sampled_from(events))) if events else []
    order = data.draw(st.permutations(events + repeated))
    size = data.draw(st.integers(1, 4))
    with shared.writing() as session:
        for table in (Obligation, Leave, Trainee, OutboxRow):
            session.execute(delete(table))
        for start in range(0, len(order), size):
            deliver(session, order[start : start + size])
        assert found(session) == {key: {status} for key, status in expected.items()}
        check_events(session)


def check_events(session: Session) -> None:
    """Each obligation's events are opened, then cancelled at most; the last is its state."""
    told: dict[str, list[tuple[str, int]]] = {}
    for name, fact in published(session):
        told.setdefault(fact["obligation_id"], []).append((name, fact["version"]))
    whole = [("obligation_opened", 1), ("obligation_cancelled", 2)]
    for each in session.scalars(select(Obligation)):
        assert told.pop(str(each.id)) == whole[: each.version]
    assert not told
