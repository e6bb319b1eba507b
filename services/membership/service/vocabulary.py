"""The routes of the vocabulary."""

from typing import Any

from infra.http import Created, route
from infra.units import ROOT
from services.membership import vocabulary
from services.membership.schemas.vocabulary import VocabularyQuery, WordAnswer, WordRequest
from services.membership.service.dependencies import Base

WORD = WordAnswer()


class VocabularyRoutes(Base):
    """The words for interests and competences."""

    @route(
        "GET",
        "/vocabulary",
        scope="membership:read",
        query=VocabularyQuery,
        answer=WordAnswer,
        many=True,
    )
    def list_words(self, query: dict[str, Any]) -> dict[str, Any]:
        """The words of a kind, or all, by kind and word."""
        with self.database.reading() as session:
            page = vocabulary.words(session, query)
        return {"items": WORD.dump(page.items, many=True), "next": page.next}

    @route(
        "POST",
        "/vocabulary",
        scope="membership:write",
        body=WordRequest,
        answer=WordAnswer,
        creates=True,
    )
    def add_word(self, body: dict[str, Any]) -> Created:
        """Add a word for the whole party."""
        with self.database.writing() as session:
            self.caller.must_reach(self.tree.as_of(session), ROOT)
            word, new = vocabulary.add(session, body)
        return Created(WORD.dump(word), new)
