"""The routes of conversations with voters."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from eventlet import sleep

from infra import batch, csv
from infra.http import Created, Raw, route
from infra.rpc import rpc
from infra.service import Service
from infra.units import Tree
from services.campaign import conversations, queries
from services.campaign.schemas.conversations import (
    ConversationAnswer,
    ConversationRequest,
    ConversationsQuery,
    CorrectionRequest,
    ExportQuery,
    VoidRequest,
)

EXPORTED_AT_ONCE = 500
"""Rows that one transaction reads: others are served between, and none is open while one waits."""

ANSWER = ConversationAnswer()
REPORT = ConversationRequest()


class ConversationRoutes(Service):
    """Reports of conversations, one or many."""

    @route(
        "POST",
        "/conversations",
        scope="campaign:write",
        body=ConversationRequest,
        answer=ConversationAnswer,
        creates=True,
    )
    def log_conversation(self, body: dict[str, Any]) -> Created:
        """Log a report of conversations."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            conversation, new = conversations.log(session, tree, body)
        return Created(ANSWER.dump(conversation), new)

    @route(
        "POST",
        "/conversations/batch",
        scope="campaign:write",
        body=batch.Batch,
        answer=batch.BatchAnswer,
    )
    def log_batch(self, body: dict[str, Any]) -> dict[str, Any]:
        """Log up to 1,000 reports, each answered."""
        return self._log_all(body["items"])

    @rpc(scope="campaign:write")
    def log_conversations(self, items: Any) -> dict[str, Any]:
        """As POST /conversations/batch."""
        return self._log_all(batch.load(items))

    @route(
        "GET",
        "/conversations",
        scope="campaign:read",
        query=ConversationsQuery,
        answer=ConversationAnswer,
        many=True,
    )
    def list_conversations(self, query: dict[str, Any]) -> dict[str, Any]:
        """The reports of a unit and all below it, newest day first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = queries.conversations(session, tree, query)
        return {"items": ANSWER.dump(page.items, many=True), "next": page.next}

    @route("GET", "/conversations.csv", scope="campaign:read", query=ExportQuery)
    def export_conversations(self, query: dict[str, Any]) -> Raw:
        """The same as CSV, however many; what is logged meanwhile may be in it or not."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
        pages = self._pages(tree, query)
        # Before anything is sent, a refusal can still be told.
        return Raw(chain([next(pages)], pages), csv.CONTENT_TYPE)

    @route(
        "POST",
        "/conversations/<uuid:conversation_id>/void",
        scope="campaign:write",
        body=VoidRequest,
        answer=ConversationAnswer,
    )
    def void_conversation(self, conversation_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Take a report back: the counters move once, in the year it was held."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, conversations.get(session, conversation_id).unit)
            conversation, _ = conversations.void(session, conversation_id, body["reason"])
        return ANSWER.dump(conversation)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/conversations/<uuid:conversation_id>/correct",
        scope="campaign:write",
        body=CorrectionRequest,
        answer=ConversationAnswer,
        creates=True,
    )
    def correct_conversation(self, conversation_id: UUID, body: dict[str, Any]) -> Created:
        """Take a report back as a mistake and log another in its place."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, conversations.get(session, conversation_id).unit)
            self.caller.must_reach(tree, body["unit"])
            conversation, new = conversations.correct(session, tree, conversation_id, body)
        return Created(ANSWER.dump(conversation), new)

    def _pages(self, tree: Tree, query: dict[str, Any]) -> Iterator[bytes]:
        header: list[Sequence[Any]] = [queries.COLUMNS]
        asked = {**query, "limit": EXPORTED_AT_ONCE, "cursor": None}
        while True:
            with self.database.reading() as session:
                page = queries.exported(session, tree, asked)
            yield csv.lines([*header, *page.items])
            if page.next is None:
                return
            header, asked["cursor"] = [], page.next
            sleep(0)

    def _log_all(self, items: list[Any]) -> dict[str, Any]:
        loaded = batch.load_items(REPORT, items)
        with self.database.writing() as session:
            tree = self.units.tree(session)
            loaded.check(lambda report: self.caller.must_reach(tree, report["unit"]))
            outcomes = conversations.log_all(session, tree, loaded.good)
        return loaded.answer(outcomes)
