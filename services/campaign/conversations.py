"""Conversations with voters, as volunteers report them; never with whom."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import Outcome, create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.campaign import campaigns, late_reports, participation, workplaces
from services.campaign.events.conversations import ConversationLogged, ConversationVoided

VOID_REASONS = ("mistake", "duplicate", "withdrawn")
FIRST_DAY = date(2015, 1, 1)
TAKEN = "The id is taken by another report."
FIELDS = ("unit", "arena", "held_on", "count", "campaign_id", "topics", "logged_by", "workplace")


class Conversation(Base):
    """One report of `count` conversations in one unit on one day.

    `logged_by` is an opaque reference to the volunteer; nothing says who was talked to.
    """

    __tablename__ = "conversation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    arena: Mapped[str] = mapped_column(String(20))
    held_on: Mapped[date]
    count: Mapped[int]
    campaign_id: Mapped[UUID | None]
    topics: Mapped[list[str]] = mapped_column(JSON)
    logged_by: Mapped[str | None] = mapped_column(String(64))
    workplace: Mapped[str | None] = mapped_column(String(200))
    logged_at: Mapped[datetime] = mapped_column(Instant)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)
    void_reason: Mapped[str | None] = mapped_column(String(20))

    @property
    def online(self) -> bool:
        """Whether the arena is online."""
        return self.arena == "online"

    def same_as(self, report: dict[str, Any]) -> bool:
        """Whether `report` says what this one says."""
        return all(getattr(self, name) == report[name] for name in FIELDS)

    def void(self, reason: str | None) -> bool:
        """Take the report back; False when that was done before for the same reason."""
        if self.voided_at is not None:
            if self.void_reason != reason:
                raise Conflict("The conversation was voided before, for another reason.")
            return False
        self.voided_at = clock.now()
        self.void_reason = reason
        return True


def log(session: Session, tree: Tree, report: dict[str, Any]) -> tuple[Conversation, bool]:
    """Log one report; answers the stored one, and whether it is new.

    Raises Invalid for a unit or a day that can have no conversation, Conflict when the id is
    taken by another report.
    """
    return log_all(session, tree, [report])[0].answer()


def log_all(
    session: Session, tree: Tree, reports: Sequence[dict[str, Any]]
) -> list[Outcome[Conversation]]:
    """Log many reports, each answered; a report sent again is the one that is stored."""
    today = clock.today()
    running, places = campaigns.named(session, reports), workplaces.named(session, reports)

    def check_all(report: dict[str, Any]) -> None:
        check(tree, today, report)
        campaigns.check(tree, running, report)
        workplaces.check(places, report)

    return create_all(
        [{**report, "id": report["id"] or new_id()} for report in reports],
        check=check_all,
        insert=lambda rows: _insert(session, rows),
        stored=lambda ids: _stored(session, ids),
        same=Conversation.same_as,
    )


def void(session: Session, conversation_id: UUID, reason: str | None) -> tuple[Conversation, bool]:
    """Take a report back, once; answers it, and whether that was new.

    Raises NotFound, and Conflict when it was voided for another reason.
    """
    conversation = get(session, conversation_id, lock=True)
    new = conversation.void(reason)
    if new:
        _count(session, [vars(conversation)], -1)
        outbox.append(session, ConversationVoided(**_facts(vars(conversation))))
    return conversation, new


def get(session: Session, conversation_id: UUID, *, lock: bool = False) -> Conversation:
    """The report with that id; NotFound if there is none."""
    query = select(Conversation).where(Conversation.id == conversation_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def check(tree: Tree, today: date, report: dict[str, Any]) -> None:
    """Invalid, naming the field, unless such a report can be."""
    if report["held_on"] > today:
        raise Invalid("Not yet", {"held_on": ["The day is in the future."]})
    tree.check_fact(report["unit"], report["held_on"])


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Conversation]:
    now = clock.now()
    stored = [{**row, "logged_at": now} for row in rows]
    ids = insert_new(session, Conversation, stored)
    new = [row for row in stored if row["id"] in ids]
    _count(session, new, 1)
    outbox.append(session, *(ConversationLogged(**_facts(row)) for row in new))
    return {row["id"]: Conversation(**row) for row in new}


def _count(session: Session, reports: list[dict[str, Any]], sign: int) -> None:
    participation.add(session, reports, sign)
    late_reports.note(session, reports)


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Conversation]:
    query = select(Conversation).where(Conversation.id.in_(ids))
    return {conversation.id: conversation for conversation in session.scalars(query)}


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "conversation_id": row["id"],
        "unit": row["unit"],
        "arena": row["arena"],
        "online": row["arena"] == "online",
        "held_on": row["held_on"],
        "count": row["count"],
        "campaign_id": row["campaign_id"],
        "topics": row["topics"],
    }
