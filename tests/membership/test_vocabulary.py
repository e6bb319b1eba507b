"""The party's words for interests and competences: added once, and asked for in every join."""

from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import event

from infra import migrate
from infra.database import Database
from infra.errors import Conflict, Invalid
from services.membership import joins, units, vocabulary
from services.membership.schemas.vocabulary import WordRequest
from services.membership.vault import Vault
from services.membership.vocabulary import VocabularyWord
from tests.membership.given import joining


def add(database: Database, word: str, kind: str = "interest", label: str | None = None) -> Any:
    """Add a word."""
    with database.writing() as session:
        request = {"kind": kind, "word": word, "label": label}
        return vocabulary.add(session, request)


def check(database: Database, **request: list[str]) -> None:
    """Ask whether all words of a request are there."""
    with database.reading() as session:
        vocabulary.check(session, request)


def listed(database: Database, kind: str | None = None) -> list[VocabularyWord]:
    """All words."""
    with database.reading() as session:
        query = {"kind": kind, "limit": 500, "cursor": None}
        return list(vocabulary.words(session, query).items)


def test_the_vocabulary_begins_with_words_of_both_kinds(database: Database) -> None:
    found = {(each.kind, each.word): each.label for each in listed(database)}

    assert found["interest", "skola"] == "Skola"
    assert found["interest", "hbtq"] == "HBTQ"
    assert found["competence", "sociala_medier"] == "Sociala medier"
    assert all(vocabulary.is_word(word) for _, word in found)
    assert list(found) == sorted(found)


def test_a_word_that_is_added_may_be_used_of_its_kind_alone(database: Database) -> None:
    with pytest.raises(Invalid):
        check(database, interests=["cykling"])
    added, new = add(database, "cykling")

    check(database, interests=["cykling", "skola"])
    with pytest.raises(Invalid) as refused:
        check(database, interests=["cykling"], competences=["cykling"])

    assert (added.label, new) == ("cykling", True)
    assert set(refused.value.errors) == {"competences"}
    assert "cykling" in {each.word for each in listed(database, "interest")}
    assert "cykling" not in {each.word for each in listed(database, "competence")}


def test_a_word_again_is_the_word_that_is_there(database: Database) -> None:
    add(database, "cykling", label="På cykel")

    again, new = add(database, "cykling", label="På cykel")

    assert (again.label, new) == ("På cykel", False)
    with pytest.raises(Conflict):
        add(database, "cykling", label="Cykel")
    with pytest.raises(Conflict):
        add(database, "cykling")


@pytest.mark.parametrize(
    "word", ["å", "eu-frågor", "mänskliga rättigheter", "c_64", "سكن", "आवास", "住房", "x" * 50]
)
def test_a_word_may_be_of_any_script(word: str) -> None:
    loaded = WordRequest().load({"kind": "interest", "word": word})

    assert loaded == {"kind": "interest", "word": word, "label": None}


@pytest.mark.parametrize(
    "word",
    [
        *("", " ", "-", "_", "Skola", "skola ", "-skola", "a@b", "a.b", "a\nb", "a\u00a0b"),
        *("o\u0308", "x" * 51, "🙂", "\u200b"),
    ],
)
def test_a_word_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WordRequest().load({"kind": "interest", "word": word})

    assert set(refused.value.normalized_messages()) == {"word"}


def test_what_is_in_no_vocabulary_spoils_its_own_join_alone(
    database: Database, vault: Vault
) -> None:
    rows = [
        joining(interests=["skola"], competences=["ekonomi"]),
        joining(interests=["skola", "finns inte"]),
        joining(interests=["finns inte"], competences=["skola"]),
        joining(),
    ]

    with database.writing() as session:
        outcomes = joins.join_all(session, units.take_turn(session), rows, vault)

    assert [outcome.created for outcome in outcomes] == [True, False, False, True]
    problems = [outcome.problem for outcome in outcomes if outcome.problem is not None]
    assert [set(problem.errors) for problem in problems] == [
        {"interests"},
        {"interests", "competences"},
    ]
    assert "finns inte" not in str([problem.errors for problem in problems])


def test_a_batch_asks_for_all_its_words_at_once_and_not_again(
    database: Database, vault: Vault
) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    rows = [joining(interests=["skola"], competences=["ekonomi"]) for _ in range(1000)]

    for some in (rows[:900], rows[900:]):
        with database.writing() as session:
            joins.join_all(session, units.take_turn(session), some, vault)

    assert len([each for each in asked if "FROM vocabulary_word" in each]) == 1


def test_nobody_is_asked_for_words_that_are_not_given(database: Database) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    check(database, interests=[])
    check(database)

    assert not [each for each in asked if "vocabulary_word" in each]


def test_each_database_has_its_own_vocabulary(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path}/other.db", "membership")
    migrate.upgrade(other.engine, "membership")
    add(database, "cykling")
    check(database, interests=["cykling"])

    with pytest.raises(Invalid):
        check(other, interests=["cykling"])
    other.close()
