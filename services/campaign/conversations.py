"""Conversations with voters, as volunteers report them; never with whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound, Problem
from infra.identity import new_id
from infra.units import Tree
from services.campaign.events import ConversationLogged, ConversationVoided

ARENAS = ("door", "workplace", "neighbourhood", "online", "member_activity", "own_network", "phone")
VOID_REASONS = ("mistake", "duplicate", "withdrawn")
FIRST_DAY = date(2015, 1, 1)
MOST = 500
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report of a batch; one of the three."""

    id: UUID
    created: bool = False
    problem: Problem | None = None


def log(session: Session, tree: Tree, report: dict[str, Any]) -> tuple[Conversation, bool]:
    """Log one report; answers the stored one, and whether it is new.

    Raises Invalid for a unit or a day that can have no conversation, Conflict when the id is
    taken by another report.
    """
    row = {**report, "id": report["id"] or new_id()}
    check(tree, clock.today(), row)
    new = _insert(session, [row])
    if row["id"] in new:
        return Conversation(**new[row["id"]]), True
    stored = get(session, row["id"])
    if not stored.same_as(row):
        raise Conflict(TAKEN)
    return stored, False


def log_all(session: Session, tree: Tree, reports: Sequence[dict[str, Any]]) -> list[Outcome]:
    """Log many reports; every one answered, in order, and a bad one spoils no other.

    The client's id decides: a report sent again is the one that is stored, in the same batch too.
    """
    today = clock.today()
    outcomes: dict[int, Outcome] = {}
    rows: dict[UUID, dict[str, Any]] = {}
    again: dict[int, dict[str, Any]] = {}
    for index, report in enumerate(reports):
        row = {**report, "id": report["id"] or new_id()}
        try:
            check(tree, today, row)
        except Problem as problem:
            outcomes[index] = Outcome(row["id"], problem=problem)
            continue
        if row["id"] in rows:
            again[index] = row
            continue
        rows[row["id"]] = row
        outcomes[index] = Outcome(row["id"], created=True)
    new = _insert(session, list(rows.values()))
    for index, outcome in list(outcomes.items()):
        if outcome.created and outcome.id not in new:
            again[index] = rows[outcome.id]
    outcomes.update(_compare(session, again))
    return [outcomes[index] for index in range(len(reports))]


def void(session: Session, conversation_id: UUID, reason: str | None) -> tuple[Conversation, bool]:
    """Take a report back, once; answers it, and whether that was new.

    Raises NotFound, and Conflict when it was voided for another reason.
    """
    conversation = get(session, conversation_id, lock=True)
    new = conversation.void(reason)
    if new:
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


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """Store and publish the rows whose id is new; answers them, as stored, by their id."""
    now = clock.now()
    stored = [{**row, "logged_at": now} for row in rows]
    ids = insert_new(session, Conversation, stored)
    new = {row["id"]: row for row in stored if row["id"] in ids}
    outbox.append(session, *(ConversationLogged(**_facts(row)) for row in new.values()))
    return new


def _compare(session: Session, again: dict[int, dict[str, Any]]) -> Iterator[tuple[int, Outcome]]:
    if not again:
        return
    ids = {row["id"] for row in again.values()}
    query = select(Conversation).where(Conversation.id.in_(ids))
    stored = {conversation.id: conversation for conversation in session.scalars(query)}
    for index, row in again.items():
        same = stored[row["id"]].same_as(row)
        problem = None if same else Conflict(TAKEN)
        yield index, Outcome(row["id"], problem=problem)


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
