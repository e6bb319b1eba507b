"""The party's list of topics, to which words are added and from which none is taken."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from infra import units
from infra.database import Database
from infra.errors import Invalid
from samtal.demo.conversations import TOPICS
from services.campaign import conversations, topics
from tests.campaign.reporting import made, report


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with the words that the list begins with."""
    database = made(f"sqlite:///{tmp_path}/campaign.db")
    yield database
    database.close()


def asked(database: Database, reports: list[dict[str, Any]]) -> int:
    """How many times the list is read while reports are logged."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM topic" in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    with database.writing() as session:
        conversations.log_all(session, units.load(session), reports)
    event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def words(session: Session) -> list[str]:
    page = topics.listed(session, {"limit": 500, "cursor": None})
    return [topic.word for topic in page.items]


def test_the_list_begins_with_everyday_words_and_those_of_the_demo(database: Database) -> None:
    with database.reading() as session:
        found = words(session)
        topics.check(session, TOPICS)
    assert len(found) >= 40
    assert {"skola", "vård", "omsorg", "trygghet", "jobb"} <= set(found)


def test_a_word_is_added_once(database: Database) -> None:
    with database.writing() as session:
        first = {topic.word: topic.added_at for topic in topics.add_all(session, ["simhall"])}
    with database.writing() as session:
        again = topics.add_all(session, ["simhall", "skola", "simhall"])
        assert [topic.word for topic in again] == ["simhall", "skola"]
        assert again[0].added_at == first["simhall"]
        topics.check(session, ["simhall"])


def test_every_unknown_word_is_named_at_its_place(database: Database) -> None:
    with database.reading() as session, pytest.raises(Invalid) as refusal:
        topics.check(session, ["nagelvård", "skola", "Skola"])
    assert set(refusal.value.errors) == {"topics.0", "topics.2"}
    with database.reading() as session, pytest.raises(Invalid) as refusal:
        topics.check(session, ["nagelvård"], "words")
    assert set(refusal.value.errors) == {"words.0"}


def test_the_list_is_not_asked_for_every_report(database: Database) -> None:
    assert asked(database, [report(topics=[])]) == 0
    assert asked(database, [report(topics=["skola"]), report(topics=["vård"])]) == 1
    assert asked(database, [report(topics=["jobb", "skola"])]) == 0
    unknown = [report(topics=["nagelvård"]) for _ in range(50)]
    assert asked(database, unknown) == 1


def test_a_word_that_another_process_added_is_known_at_once(
    database: Database, tmp_path: Path
) -> None:
    assert asked(database, [report(topics=["skola"])]) == 1
    other = Database(f"sqlite:///{tmp_path}/campaign.db", "campaign")
    with other.writing() as session:
        topics.add_all(session, ["simhall"])
    other.close()
    with database.writing() as session:
        sent = report(topics=["simhall"])
        assert conversations.log(session, units.load(session), sent)[1]
