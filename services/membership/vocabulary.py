"""The party's own words for what members care about and can do; the party adds to them."""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Enum, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid
from infra.paging import Page, page


class Kind(StrEnum):
    """What a word tells of a member; an enumeration, so that a cursor holds no other."""

    INTEREST = "interest"
    COMPETENCE = "competence"


KINDS = tuple(kind.value for kind in Kind)
FIELDS = {"interests": "interest", "competences": "competence"}
"""Which kind the words in a request's field must be of."""

Words = set[tuple[str, str]]
"""Words with their kinds: (kind, word)."""

# Words are never taken away: what was found once in a database need not be looked up again.
_seen: WeakKeyDictionary[object, Words] = WeakKeyDictionary()


class VocabularyWord(Base):
    """A word of a kind, and how it is shown."""

    __tablename__ = "vocabulary_word"

    kind: Mapped[Kind] = mapped_column(
        Enum(Kind, native_enum=False, length=20, values_callable=lambda _: KINDS), primary_key=True
    )
    word: Mapped[str] = mapped_column(String(50), primary_key=True)
    label: Mapped[str] = mapped_column(String(100))


def is_word(text: str) -> bool:
    """Whether it is in lower case, of letters of any script, digits, and `-`, `_`, space between.

    Letters may bear marks; what looks alike is alike, since it must be in normal form C.
    """
    plain = text == text.strip("-_ ") and text == text.lower()
    letters = (each in "-_ " or unicodedata.category(each)[0] in "LMN" for each in text)
    return plain and text != "" and unicodedata.is_normalized("NFC", text) and all(letters)


def add(session: Session, request: dict[str, Any]) -> tuple[VocabularyWord, bool]:
    """Add a `word` of a `kind`, once; answers it, and whether it is new.

    It is shown by its `label`, or as it is. Conflict when it is there with another label.
    """
    row = {**request, "label": request["label"] or request["word"]}
    new = bool(insert_new(session, VocabularyWord, [row], "word"))
    stored = session.get_one(VocabularyWord, (row["kind"], row["word"]))
    if stored.label != row["label"]:
        raise Conflict("The word is there with another label.")
    return stored, new


def words(session: Session, query: dict[str, Any]) -> Page[VocabularyWord]:
    """The words of a kind, or all, by kind and word."""
    found = select(VocabularyWord)
    if query["kind"] is not None:
        found = found.where(VocabularyWord.kind == query["kind"])
    key = (VocabularyWord.kind, VocabularyWord.word)
    return page(session, found, key, query, ascending=True)


def check(session: Session, request: dict[str, Any]) -> None:
    """Invalid, naming each of FIELDS that holds a word which is not in the vocabulary."""
    check_among(known(session, [request]), request)


def known(session: Session, requests: Iterable[dict[str, Any]]) -> Words:
    """The words of the vocabulary, as far as these requests use it; at most one query."""
    used = {word for request in requests for field in FIELDS for word in _words(request, field)}
    seen = _seen.setdefault(session.get_bind(), set())
    if not used <= seen:
        found = session.execute(select(VocabularyWord.kind, VocabularyWord.word))
        seen.update((kind, word) for kind, word in found)
    return used & seen


def check_among(found: Words, request: dict[str, Any]) -> None:
    """As `check`, with the words that `known` has found for many requests."""
    wrong = [field for field in FIELDS if not _words(request, field) <= found]
    if wrong:
        text = "Holds a word that is not in the vocabulary."
        raise Invalid("Unknown words", {field: [text] for field in wrong})


def _words(request: dict[str, Any], field: str) -> Words:
    return {(FIELDS[field], word) for word in request.get(field, ())}
