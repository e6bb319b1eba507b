"""The routes of conversations with voters."""

from typing import Any
from uuid import UUID

from infra import batch
from infra.http import Created, route
from infra.rpc import rpc
from infra.service import Service
from services.campaign import conversations, queries
from services.campaign.schemas.conversations import (
    ConversationAnswer,
    ConversationRequest,
    ConversationsQuery,
    VoidRequest,
)

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

    def _log_all(self, items: list[Any]) -> dict[str, Any]:
        loaded = batch.load_items(REPORT, items)
        with self.database.writing() as session:
            tree = self.units.tree(session)
            loaded.check(lambda report: self.caller.must_reach(tree, report["unit"]))
            outcomes = conversations.log_all(session, tree, loaded.good)
        return loaded.answer(outcomes)
