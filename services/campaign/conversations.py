"""Conversations with voters, as volunteers report them; never with whom."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import Outcome, create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.campaign import (
    campaigns,
    former_members,
    late_reports,
    participation,
    topics,
    workplaces,
)
from services.campaign.events.conversations import ConversationLogged, ConversationVoided

VOID_REASONS = ("mistake", "duplicate", "withdrawn")
FIRST_DAY = date(2015, 1, 1)
TAKEN = "The id is taken by another report."
FIELDS = ("unit", "arena", "held_on", "count", "campaign_id", "topics", "workplace")


class Conversation(Base):
    """One report of `count` conversations in one unit on one day.

    `logged_by` is an opaque reference to the volunteer; nothing says who was talked to. It may be
    another than was sent, or none, since that member was merged or erased: `logger_changed`. The
    report stands in the place of the one that it `corrects`.
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
    corrects: Mapped[UUID | None]
    logger_changed: Mapped[bool | None]

    @property
    def online(self) -> bool:
        """Whether the arena is online."""
        return self.arena == "online"

    def same_as(self, report: dict[str, Any]) -> bool:
        """Whether `report` says what this one says."""
        alike = all(getattr(self, name) == report[name] for name in FIELDS)
        # What was forgotten cannot be compared, and the telephone sends what it has.
        return alike and (bool(self.logger_changed) or self.logged_by == report["logged_by"])

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
    words = topics.named(session, reports)
    running, places = campaigns.named(session, reports), workplaces.named(session, reports)

    def check_all(report: dict[str, Any]) -> None:
        check(tree, today, report)
        topics.check_among(words, report["topics"])
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
    return conversation, _take_back(session, conversation, reason)


def correct(
    session: Session, tree: Tree, conversation_id: UUID, report: dict[str, Any]
) -> tuple[Conversation, bool]:
    """Take a report back as a mistake and log `report` in its place, both or neither.

    Answers the one that is in its place, and whether that was new: the id of `report` decides.
    Raises NotFound, Invalid as `log`, and Conflict when the other was taken back before or the id
    is another report's.
    """
    former_members.hold(session)
    mistaken = get(session, conversation_id, lock=True)
    stored = session.get(Conversation, report["id"])
    if stored is not None:
        if stored.corrects != conversation_id or not stored.same_as(report):
            raise Conflict(TAKEN)
        return stored, False
    if mistaken.voided_at is not None:
        raise Conflict("The conversation was voided or corrected before.")
    _take_back(session, mistaken, "mistake")
    corrected, new = log(session, tree, {**report, "corrects": conversation_id})
    if not new:
        raise Conflict(TAKEN)
    return corrected, True


def forget(session: Session, member_ids: Collection[UUID]) -> None:
    """Nothing tells any more that these members logged anything; what they logged stays."""
    _change_logger(session, member_ids, None)
    participation.forget(session, member_ids)


def take_over(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What one member logged was logged by the other."""
    _change_logger(session, [member_id], into_id)
    participation.take_over(session, member_id, into_id)


def get(session: Session, conversation_id: UUID, *, lock: bool = False) -> Conversation:
    """The report with that id; NotFound if there is none."""
    query = select(Conversation).where(Conversation.id == conversation_id)
    if lock:
        # It may have been looked at before, and changed since.
        query = locked(session, query).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def check(tree: Tree, today: date, report: dict[str, Any]) -> None:
    """Invalid, naming the field, unless such a report can be."""
    if report["held_on"] > today:
        raise Invalid("Not yet", {"held_on": ["The day is in the future."]})
    tree.check_fact(report["unit"], report["held_on"])


def _take_back(session: Session, conversation: Conversation, reason: str | None) -> bool:
    new = conversation.void(reason)
    if new:
        _count(session, [vars(conversation)], -1)
        outbox.append(session, ConversationVoided(**_facts(vars(conversation))))
    return new


def _change_logger(session: Session, member_ids: Collection[UUID], into: UUID | None) -> None:
    """By the id in its usual form: that is what a member's own telephone sends."""
    named = Conversation.logged_by.in_([str(member_id) for member_id in member_ids])
    changed = {"logged_by": str(into) if into else None, "logger_changed": True}
    session.execute(update(Conversation).where(named).values(changed))


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Conversation]:
    stored = _as_logged(session, rows)
    ids = insert_new(session, Conversation, stored)
    new = [row for row in stored if row["id"] in ids]
    _count(session, new, 1)
    outbox.append(session, *(ConversationLogged(**_facts(row)) for row in new))
    return {row["id"]: Conversation(**row) for row in new}


def _as_logged(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by those who logged them, as these are by now: late ones may name who is erased."""
    now, changed = clock.now(), former_members.renamed(session, {row["logged_by"] for row in rows})
    return [
        {
            **row,
            "logged_by": changed.get(row["logged_by"], row["logged_by"]),
            "logger_changed": row["logged_by"] in changed or None,
            "logged_at": now,
        }
        for row in rows
    ]


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
