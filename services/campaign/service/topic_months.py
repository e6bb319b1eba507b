"""The route of what conversations are about."""

from typing import Any

import structlog
from eventlet import sleep
from nameko.timer import timer

from infra.database import AWAY
from infra.http import route
from infra.service import Service
from services.campaign import topic_months
from services.campaign.schemas.topic_months import TopicMonthReply, TopicMonthsQuery

MONTH = TopicMonthReply()

log = structlog.get_logger("campaign")


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
        """How many conversations touched each topic, month by month, without those voided.

        As of seconds ago.
        """
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = topic_months.listed(session, tree, query)
        return {"items": MONTH.dump(page.items, many=True), "next": page.next}

    @timer(interval=5, eager=True)
    def count_topics(self) -> None:
        """Follow what was logged and voided since the last time."""
        try:
            while self._count_some():
                sleep(0)
        except AWAY as error:
            log.warning("database_away", service=self.name, error=type(error).__name__)

    def _count_some(self) -> bool:
        with self.database.writing() as session:
            return topic_months.count_next(session)
