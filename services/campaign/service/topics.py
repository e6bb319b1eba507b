"""The routes of the topics that conversations may have."""

from typing import Any

from infra.fields import Paging
from infra.http import route
from infra.service import Service
from infra.units import ROOT
from services.campaign import topics
from services.campaign.schemas.topics import TopicAnswer, TopicsAnswer, TopicsRequest

TOPIC = TopicAnswer()


class TopicRoutes(Service):
    """The party's list of topics."""

    @route(
        "GET",
        "/topics",
        scope="campaign:read",
        query=Paging,
        answer=TopicAnswer,
        many=True,
    )
    def list_topics(self, query: dict[str, Any]) -> dict[str, Any]:
        """The words that a conversation may be about."""
        with self.database.reading() as session:
            page = topics.listed(session, query)
        return {"items": TOPIC.dump(page.items, many=True), "next": page.next}

    @route(
        "POST",
        "/topics",
        scope="campaign:write",
        body=TopicsRequest,
        answer=TopicsAnswer,
    )
    def add_topics(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add words for the whole party; those that are there stay as they are."""
        with self.database.writing() as session:
            self.caller.must_reach(self.units.tree(session), ROOT)
            added = topics.add_all(session, body["words"])
        return {"items": TOPIC.dump(added, many=True)}
