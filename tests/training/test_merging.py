"""Who turned out to be another member is owed nothing, whenever that is heard of."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Conflict
from infra.outbox import OutboxRow
from infra.units import Tree
from services.training import due, obligations, offers
from services.training.obligations import Obligation
from services.training.trainees import Double, Leave, Trainee, keep_doubles, persons
from tests.training import taught
from tests.training.facts import (
    EDUCATION,
    INTRODUCTION,
    MEMBER,
    OTHER,
    deliver,
    envelopes,
    joined,
    left,
    made,
    merged,
    one,
    published,
    states,
)

JOINED = date(2026, 1, 31)
CANCELLED = {INTRODUCTION: "cancelled", EDUCATION: "cancelled"}


def test_a_merge_cancels_what_is_owed_and_says_so(session: Session) -> None:
    merge = merged()
    deliver(session, [joined(JOINED), joined(JOINED, OTHER)])
    deliver(session, [merge])

    assert states(session) == CANCELLED
    assert states(session, OTHER) == {INTRODUCTION: "open", EDUCATION: "open"}
    name, data = published(session, EDUCATION)[-1]
    assert (name, data["member_id"], data["version"]) == ("obligation_cancelled", str(MEMBER), 2)
    assert list(envelopes(session))[-1]["causationid"] == str(merge.id)


def test_what_was_met_or_overdue_is_cancelled_too(session: Session) -> None:
    deliver(session, [joined(JOINED)])
    obligations.meet_all(session, [(one(session, EDUCATION), date(2026, 2, 1))])
    due.mark_overdue(session, date(2026, 3, 1), 500)

    deliver(session, [merged()])

    assert states(session) == CANCELLED
    told = published(session)[-2:]
    assert {(name, data["version"]) for name, data in told} == {("obligation_cancelled", 3)}


def test_a_join_after_its_merge_is_opened_and_cancelled_at_once(session: Session) -> None:
    deliver(session, [merged()])
    deliver(session, [joined(JOINED), joined(date(2026, 5, 1), previous_left_on=JOINED)])

    found = obligations.of_members(session, [MEMBER])[MEMBER]
    assert [(each.status, each.version) for each in found] == [("cancelled", 2)] * 4


def test_a_merge_again_says_nothing_more(session: Session) -> None:
    deliver(session, [joined(JOINED), merged(), merged()])
    before = published(session)

    deliver(session, [merged()])

    assert published(session) == before
    assert len(before) == 4


def test_nothing_is_offered_to_a_mistake_any_more(session: Session) -> None:
    deliver(session, [joined(JOINED), merged()])
    offer = {
        "id": uuid4(),
        "member_id": MEMBER,
        "kind": EDUCATION,
        "offered_on": date(2026, 2, 1),
        "via": None,
    }

    with pytest.raises(Conflict):
        offers.offer(session, lambda unit: True, offer)
    (outcome,) = offers.offer_all(session, lambda unit: True, [offer])
    assert isinstance(outcome.problem, Conflict)
    assert states(session) == CANCELLED


def test_a_course_that_a_mistake_completed_meets_nothing_of_theirs(
    session: Session, tree: Tree
) -> None:
    deliver(session, [joined(JOINED), merged(), joined(JOINED, OTHER)])
    held = taught.plan_day(session, tree, taught.course(session, tree), JOINED)
    taught.enrol(session, held, MEMBER)

    completion, new = taught.done(session, held, MEMBER, clock.today())

    assert (completion.member_id, new) == (OTHER, True)
    assert states(session) == CANCELLED


def test_two_who_are_said_to_be_one_another_are_followed_no_further(session: Session) -> None:
    third = uuid4()
    keep_doubles(session, [(MEMBER, OTHER), (OTHER, MEMBER), (third, MEMBER)])

    assert persons(session, [MEMBER, OTHER]) == {MEMBER: OTHER, OTHER: MEMBER}
    assert persons(session, [third]) == {third: OTHER}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples, which empty it themselves."""
    database = made(tmp_path_factory.mktemp("merges"))
    yield database
    database.close()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_order_and_any_repetition_gives_the_same_obligations(
    shared: Database, data: st.DataObject
) -> None:
    back = date(2026, 4, 1)
    mistake = [joined(JOINED), left(date(2026, 3, 1)), joined(back, previous_left_on=JOINED)]
    events = [*mistake, merged(), merged(), joined(JOINED, OTHER), left(back, OTHER)]
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=4))
    order = data.draw(st.permutations(events + repeated))
    size = data.draw(st.integers(1, 4))
    with shared.writing() as session:
        for table in (Obligation, Leave, Double, Trainee, OutboxRow):
            session.execute(delete(table))
        for start in range(0, len(order), size):
            deliver(session, order[start : start + size])
        assert states(session) == states(session, OTHER) == CANCELLED
        told = [(fact["obligation_id"], fact["version"], name) for name, fact in published(session)]
    assert len(told) == 2 * (2 + 2 + 2)
    whole = {(1, "obligation_opened"), (2, "obligation_cancelled")}
    for obligation_id in {key for key, _, _ in told}:
        assert {(version, name) for key, version, name in told if key == obligation_id} == whole
