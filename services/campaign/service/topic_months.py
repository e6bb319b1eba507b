"""The route of what conversations are about."""

from typing import Any

from infra.http import route
from infra.service import Service
from services.campaign import topic_months
from services.campaign.schemas.topic_months import TopicMonthReply, TopicMonthsQuery

MONTH = TopicMonthReply()


class TopicMonthRoutes(Service):
    """Topics of conversations for those who make policy."""

    @route(
        "GET",
        "/conversations/topics",
        scope="campaign:read",
        query=TopicMonthsQuery,
        answer=TopicMonthReply,
        many=True,
    )
    def list_topic_months(self, query: dict[str, Any]) -> dict[str, Any]:
        """How many conversations touched each topic, month by month, without those voided."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = topic_months.listed(session, tree, query)
        return {"items": MONTH.dump(page.items, many=True), "next": page.next}
