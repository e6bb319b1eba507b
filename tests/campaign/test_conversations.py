"""Reports of conversations: once, taken back once, corrected once, nobody's in the end."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Tree
from services.campaign import conversations, people
from services.campaign.conversations import Conversation
from tests.campaign.reporting import DAY, log, made, published, report


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """One transaction on a database that knows a few units."""
    database = made(f"sqlite:///{tmp_path}/campaign.db")
    with database.writing() as session:
        yield session
    database.close()


@pytest.fixture
def tree(session: Session) -> Tree:
    """The few units."""
    return units.load(session)


def stored(session: Session, conversation: Conversation) -> Conversation:
    """The report as the database has it."""
    session.flush()
    session.expire_all()
    return session.get_one(Conversation, conversation.id)


def test_a_report_sent_again_is_the_one_that_is_stored(session: Session, tree: Tree) -> None:
    sent = report()
    first = conversations.log(session, tree, sent)
    again = conversations.log(session, tree, dict(sent))

    assert (first[1], again[1]) == (True, False)
    assert again[0].id == sent["id"]
    assert [name for name, _ in published(session)] == ["conversation_logged"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unit", "1281"),
        ("arena", "phone"),
        ("held_on", DAY - timedelta(days=1)),
        ("count", 4),
        ("campaign_id", UUID("11111111-1111-4111-8111-111111111111")),
        ("topics", []),
        ("logged_by", "v-2"),
        ("workplace", "Sjukhuset"),
    ],
)
def test_a_report_that_says_something_else_is_another_one(
    session: Session, tree: Tree, name: str, value: Any
) -> None:
    sent = report()
    conversation, _ = conversations.log(session, tree, sent)

    assert conversation.same_as(sent)
    assert not conversation.same_as({**sent, name: value})


def test_another_report_with_the_same_id_is_refused(session: Session, tree: Tree) -> None:
    sent = report()
    conversations.log(session, tree, sent)
    for other in ({"count": 4}, {"logged_by": "v-2"}, {"unit": "1281"}):
        with pytest.raises(Conflict):
            conversations.log(session, tree, {**sent, **other})
    assert len(published(session)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"held_on": date(2100, 1, 1)}, "held_on"),
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"unit": "0181"}, "unit"),
        ({"topics": ["skola", "solskola"]}, "topics.1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    session: Session, tree: Tree, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        conversations.log(session, tree, report(**changes))
    assert set(refusal.value.errors) == {field}
    assert published(session) == []


def test_a_closed_unit_has_the_conversations_from_before_it_was_closed(
    session: Session,
) -> None:
    assert log(session, unit="0181", held_on=date(2024, 12, 31)).unit == "0181"


def test_what_a_telephone_kept_is_logged_whatever_comes_first_and_twice(
    session: Session, tree: Tree
) -> None:
    kept = [report(held_on=DAY - timedelta(days=n), count=n + 1) for n in range(4)]
    conversations.log_all(session, tree, [kept[3], kept[1]])
    outcomes = conversations.log_all(session, tree, [kept[1], kept[0], kept[2], kept[0], kept[3]])

    assert [outcome.created for outcome in outcomes] == [False, True, True, False, False]
    assert [outcome.problem for outcome in outcomes] == [None] * 5
    assert sorted(data["count"] for _, data in published(session)) == [1, 2, 3, 4]


def test_a_report_is_sent_again_after_its_unit_was_closed(session: Session, tree: Tree) -> None:
    sent = report(unit="0181", held_on=date(2024, 12, 31))
    conversations.log(session, tree, sent)
    empty = Tree(())

    assert conversations.log(session, empty, sent)[1] is False


def test_a_report_is_taken_back_once(session: Session) -> None:
    conversation = log(session, held_on=date(2019, 2, 3))
    first = conversations.void(session, conversation.id, "duplicate")
    again = conversations.void(session, conversation.id, "duplicate")

    assert (first[1], again[1]) == (True, False)
    logged, voided = published(session)
    assert (logged[0], voided[0]) == ("conversation_logged", "conversation_voided")
    assert voided[1] == logged[1]
    with pytest.raises(Conflict):
        conversations.void(session, conversation.id, "mistake")
    assert len(published(session)) == 2


def test_a_correction_takes_back_what_was_and_logs_what_is(session: Session, tree: Tree) -> None:
    wrong = log(session, count=30, held_on=date(2024, 12, 31))
    right = report(count=3, held_on=DAY, unit="1281")
    corrected, new = conversations.correct(session, tree, wrong.id, right)

    assert (new, corrected.corrects, corrected.count) == (True, wrong.id, 3)
    assert stored(session, wrong).void_reason == "mistake"
    told = [
        (name, each["unit"], each["held_on"], each["count"]) for name, each in published(session)
    ]
    assert told == [
        ("conversation_logged", "1280", "2024-12-31", 30),
        ("conversation_voided", "1280", "2024-12-31", 30),
        ("conversation_logged", "1281", "2025-05-06", 3),
    ]


def test_a_correction_sent_again_is_the_one_that_is_stored(session: Session, tree: Tree) -> None:
    wrong, right = log(session), report(count=4)
    conversations.correct(session, tree, wrong.id, right)
    again = conversations.correct(session, tree, wrong.id, dict(right))
    logged = conversations.log(session, tree, dict(right))
    voided = conversations.void(session, wrong.id, "mistake")

    assert (again[0].id, again[1], logged[1], voided[1]) == (right["id"], False, False, False)
    assert len(published(session)) == 3


def test_a_correction_may_be_corrected(session: Session, tree: Tree) -> None:
    first, second, third = log(session, count=1), report(count=2), report(count=3)
    conversations.correct(session, tree, first.id, second)
    conversations.correct(session, tree, second["id"], third)

    assert conversations.correct(session, tree, first.id, second)[1] is False
    signs = {"conversation_logged": 1, "conversation_voided": -1}
    assert sum(signs[name] * each["count"] for name, each in published(session)) == 3


def test_a_report_is_corrected_once(session: Session, tree: Tree) -> None:
    wrong = log(session)
    conversations.correct(session, tree, wrong.id, report())

    with pytest.raises(Conflict):
        conversations.correct(session, tree, wrong.id, report())


def test_what_was_taken_back_is_not_corrected(session: Session, tree: Tree) -> None:
    wrong = log(session)
    conversations.void(session, wrong.id, "mistake")

    with pytest.raises(Conflict):
        conversations.correct(session, tree, wrong.id, report())
    assert len(published(session)) == 2


def test_a_correction_has_an_id_of_its_own(session: Session, tree: Tree) -> None:
    wrong, other = log(session), log(session)
    for taken in (wrong, other):
        with pytest.raises(Conflict):
            conversations.correct(session, tree, wrong.id, report(id=taken.id))
    assert stored(session, wrong).voided_at is None
    with pytest.raises(NotFound):
        conversations.correct(session, tree, uuid4(), report())


def test_a_bad_correction_leaves_the_report_as_it_was(tmp_path: Path) -> None:
    database = made(f"sqlite:///{tmp_path}/campaign.db")
    with database.writing() as session:
        wrong = log(session)
        tree = units.load(session)
    bad = report(held_on=clock.today() + timedelta(days=1))
    with pytest.raises(Invalid), database.writing() as session:
        conversations.correct(session, tree, wrong.id, bad)
    with database.reading() as session:
        assert session.get_one(Conversation, wrong.id).voided_at is None
        assert len(published(session)) == 1
    database.close()


def test_who_is_erased_is_forgotten_and_what_they_logged_stays(
    session: Session, tree: Tree
) -> None:
    member, other = uuid4(), uuid4()
    sent = report(logged_by=str(member))
    mine, _ = conversations.log(session, tree, sent)
    theirs = log(session, logged_by=str(other))
    conversations.forget(session, [member])

    assert (stored(session, mine).logged_by, stored(session, mine).count) == (None, 3)
    assert stored(session, theirs).logged_by == str(other)
    # The telephone does not know, and sends once more what it kept.
    assert conversations.log(session, tree, sent)[1] is False
    assert len(published(session)) == 2


def test_who_is_merged_logged_what_the_other_did(session: Session, tree: Tree) -> None:
    member, into = uuid4(), uuid4()
    sent = report(logged_by=str(member))
    mine, _ = conversations.log(session, tree, sent)
    conversations.take_over(session, member, into)

    assert stored(session, mine).logged_by == str(into)
    assert conversations.log(session, tree, sent)[1] is False
    with pytest.raises(Conflict):
        conversations.log(session, tree, {**sent, "count": 4})


def test_a_late_report_names_nobody_who_is_erased(session: Session, tree: Tree) -> None:
    member = uuid4()
    people.erase(session, {member})
    sent = report(logged_by=str(member))

    late, new = conversations.log(session, tree, sent)

    assert (new, stored(session, late).logged_by, stored(session, late).count) == (True, None, 3)
    assert conversations.log(session, tree, sent)[1] is False
    with pytest.raises(Conflict):
        conversations.log(session, tree, {**sent, "count": 4})


def test_a_late_report_or_correction_is_by_whom_the_member_turned_out_to_be(
    session: Session, tree: Tree
) -> None:
    member, into = uuid4(), uuid4()
    wrong = log(session, logged_by=str(member))
    people.merge(session, member, into)

    right, new = conversations.correct(session, tree, wrong.id, report(logged_by=str(member)))
    late = log(session, logged_by=str(member))
    other = log(session, logged_by="volunteer 7")

    assert new
    loggers = [stored(session, each).logged_by for each in (right, late, other)]
    assert loggers == [str(into), str(into), "volunteer 7"]
