"""What conversations are about, by unit and month: sums that are kept as reports come and go.

A report counts for each of its topics, a topic of it once, with the conversations it reports. What
is voided is taken off in the month in which it was held.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, add_up
from infra.errors import Invalid
from infra.paging import Page, page_of_rows
from infra.units import ROOT, Tree

NAMES = ("unit", "month", "topic")


class TopicMonth(Base):
    """How many conversations of a unit in a month touched a topic; `month` is its first day."""

    __tablename__ = "topic_month"

    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(50), primary_key=True)
    conversations: Mapped[int] = mapped_column(BigInteger)


def count(session: Session, reports: Iterable[Mapping[str, Any]], sign: int = 1) -> None:
    """Add reports that are new, or with the sign -1 take off those that are voided."""
    sums: Counter[tuple[str, date, str]] = Counter()
    for report in reports:
        for topic in set(report["topics"]):
            key = (report["unit"], report["held_on"].replace(day=1), topic)
            sums[key] += sign * report["count"]
    rows = [
        {**dict(zip(NAMES, key, strict=True)), "conversations": total}
        for key, total in sums.items()
    ]
    add_up(session, TopicMonth, rows, "conversations")


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
