"""What conversations are about, by unit and month: sums that follow this service's own feed.

A report counts for each of its topics, a topic of it once, with the conversations it reports. What
is voided is taken off in the month in which it was held. A report itself waits for none of this:
the sums of a month are rows that all reports of a unit would wait for.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson
from sqlalchemy import BigInteger, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.database import Base, add_up, locked
from infra.errors import Invalid
from infra.outbox import Entry
from infra.paging import Page, page_of_rows
from infra.units import ROOT, Tree

NAMES = ("unit", "month", "topic")
SIGNS = {"conversation_logged": 1, "conversation_voided": -1}
"""What an event of that name does to the sums."""

AT_ONCE = 1000
"""Events that one transaction counts."""


class TopicMonth(Base):
    """How many conversations of a unit in a month touched a topic; `month` is its first day."""

    __tablename__ = "topic_sum"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(50), primary_key=True)
    conversations: Mapped[int] = mapped_column(BigInteger)


class TopicCount(Base):
    """The position in the feed up to which topics are counted."""

    __tablename__ = "topic_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


def count_next(session: Session) -> bool:
    """Count the next events of the feed, once; whether there are more."""
    counted = session.scalars(locked(session, select(TopicCount))).one()
    page = outbox.read(session, counted.position, AT_ONCE, counting=False)
    if page.entries:
        add_up(session, TopicMonth, _sums(page.entries), "conversations")
        counted.position = page.entries[-1].position
    return counted.position < page.head


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Any]:
    """`month`, `topic` and `conversations` of a unit with all below it, topic by topic.

    Of the months in which `from` and `to` are; the months between them, and theirs. Raises
    Invalid when the one is after the other.
    """
    first, last = (query[name].replace(day=1) for name in ("held_from", "held_to"))
    if first > last:
        raise Invalid("Too early", {"to": ["Before the other end."]})
    total = func.sum(TopicMonth.conversations)
    found = select(TopicMonth.month, TopicMonth.topic, total.label("conversations"))
    found = found.where(TopicMonth.month.between(first, last))
    if query["unit"] != ROOT:
        found = found.where(TopicMonth.unit.in_(tree.subtree(query["unit"])))
    found = found.group_by(TopicMonth.month, TopicMonth.topic).having(total > 0)
    key = (TopicMonth.topic, TopicMonth.month)
    return page_of_rows(session, found, key, query, ascending=True)


def _sums(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    sums: Counter[tuple[str, date, str]] = Counter()
    for entry in entries:
        if entry.name in SIGNS:
            data = orjson.loads(entry.body)["data"]
            month = date.fromisoformat(data["held_on"]).replace(day=1)
            for topic in set(data["topics"]):
                sums[data["unit"], month, topic] += SIGNS[entry.name] * data["count"]
    return [
        {**dict(zip(NAMES, key, strict=True)), "conversations": total}
        for key, total in sums.items()
    ]
