"""Obligations: what a member is to be offered since joining, until it is offered or they leave."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Computed, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, insert_new, locked
from infra.errors import Conflict
from infra.event import Event, Fact
from services.training.deadlines import deadlines
from services.training.events import (
    ObligationCancelled,
    ObligationMet,
    ObligationOpened,
    ObligationOverdue,
)
from services.training.trainees import doubles, keep_leaves, left_days, take_turns

STATUSES = ("open", "met", "met_late", "overdue", "cancelled")
OWED = ("open", "overdue")
IMPORT = "import"
NAMES = UUID("6f1c1f6e-3d0b-5c0e-9d55-2f5a3c1c7b10")
"""The namespace of the obligations' ids; another one would open every obligation anew."""

Caused = tuple[Fact, Event]


class Obligation(Base):
    """One member, one kind of training, from one join on.

    `previous_left_on` is the day the member had left before that join, if it was a rejoin. The
    version rises by one with each change of the status.
    """

    __tablename__ = "obligation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    opened_on: Mapped[date]
    previous_left_on: Mapped[date | None]
    due_on: Mapped[date | None]
    offered_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    # What has no deadline comes last; a list cannot be cut after NULL.
    due_order: Mapped[date] = mapped_column(
        Computed("coalesce(due_on, '9999-12-31')", persisted=True)
    )

    @property
    def on_time(self) -> bool | None:
        """Whether it was offered by the last day; None while nothing was offered."""
        return None if self.offered_on is None else self._in_time(self.offered_on)

    def meet(self, offered_on: date) -> bool:
        """It was offered; False when that was known before. The first offer counts."""
        if self.status == "cancelled":
            raise Conflict("The member has left.")
        if self.status not in OWED:
            return False
        self.offered_on = offered_on
        self._become("met" if self._in_time(offered_on) else "met_late")
        return True

    def cancel(self) -> bool:
        """The member left; False when there is nothing left to cancel. What is met stays met."""
        return self.status in OWED and self._become("cancelled")

    def annul(self) -> bool:
        """The member was none; False when it is cancelled already. What is met does not stay."""
        return self.status != "cancelled" and self._become("cancelled")

    def fall_due(self, today: date) -> bool:
        """The last day may have gone by; False when it has not, or when that is known."""
        past = self.due_on is not None and self.due_on < today
        return past and self.status == "open" and self._become("overdue")

    def ended_by(self, left_on: date) -> bool:
        """Whether a leave of that day ended the membership that this came of."""
        earlier = self.previous_left_on is not None and self.previous_left_on >= left_on
        return self.opened_on <= left_on and not earlier

    def ended(self, left: Iterable[date]) -> bool:
        """Whether one of the member's leaves ended the membership that this came of."""
        return any(self.ended_by(left_on) for left_on in left)

    def facts(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "obligation_id": self.id,
            "member_id": self.member_id,
            "unit": self.unit,
            "kind": self.kind,
            "opened_on": self.opened_on,
            "due_on": self.due_on,
            "offered_on": self.offered_on,
            "on_time": self.on_time,
            "version": self.version,
        }

    def row(self) -> dict[str, Any]:
        """The columns to insert."""
        facts = self.facts()
        del facts["obligation_id"], facts["on_time"]
        kept = {"id": self.id, "previous_left_on": self.previous_left_on, "status": self.status}
        return facts | kept

    def _in_time(self, offered_on: date) -> bool:
        return self.due_on is None or offered_on <= self.due_on

    def _become(self, status: str) -> bool:
        self.status = status
        self.version += 1
        return True


LOCK_ORDER = (Obligation.due_order, Obligation.id)
"""Whoever locks several takes them in this order, so that no two wait for one another."""


def open_all(session: Session, joins: Sequence[Event]) -> None:
    """Open what the joins entitle to, each once; cancel at once what a known leave had ended.

    `joins` are member_joined events. Whatever the order of joins, leaves and merges, and however
    often each comes, the obligations come out the same.
    """
    members = {join.data["member_id"] for join in joins}
    take_turns(session, members)
    left, merged = left_days(session, members), doubles(session, members)
    rows: dict[UUID, dict[str, Any]] = {}
    facts: dict[UUID, list[Caused]] = {}
    for join in joins:
        for obligation in _opened_by(join):
            if obligation.id not in rows:
                member_id = obligation.member_id
                over = member_id in merged or obligation.ended(left[member_id])
                facts[obligation.id] = _beginning(obligation, over, join)
                rows[obligation.id] = obligation.row()
    new = insert_new(session, Obligation, list(rows.values()))
    outbox.append_all(session, [fact for key in facts if key in new for fact in facts[key]])


def cancel_all(session: Session, leaves: Sequence[Event]) -> None:
    """Cancel what is still owed of the memberships that the leaves ended; keep the leaves.

    `leaves` are member_left events, whose joins may come later.
    """
    causes = {(leave.data["member_id"], leave.data["left_on"]): leave for leave in leaves}
    members = {member_id for member_id, _ in causes}
    take_turns(session, members)
    keep_leaves(session, causes)
    owed = of_members(session, members, OWED)
    facts = [
        (ObligationCancelled(**obligation.facts()), leave)
        for (member_id, left_on), leave in causes.items()
        for obligation in owed[member_id]
        if obligation.ended_by(left_on) and obligation.cancel()
    ]
    outbox.append_all(session, facts)


def mark_overdue(session: Session, today: date, limit: int = 500) -> int:
    """Mark up to `limit` open obligations whose last day was before `today`; answer how many.

    Each is marked once. Of several replicas at work, none waits for another.
    """
    found = (
        select(Obligation)
        .where(Obligation.status == "open", Obligation.due_order < today)
        .order_by(*LOCK_ORDER)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    marked = [late for late in session.scalars(found) if late.fall_due(today)]
    outbox.append(session, *(ObligationOverdue(**obligation.facts()) for obligation in marked))
    return len(marked)


def meet_all(session: Session, offered: Iterable[tuple[Obligation, date]]) -> int:
    """Meet the obligations with offers of these days, and publish it; answer how many were owed."""
    met = [obligation for obligation, day in offered if obligation.meet(day)]
    outbox.append(session, *(ObligationMet(**obligation.facts()) for obligation in met))
    return len(met)


def of_members(
    session: Session, members: Collection[UUID], statuses: Sequence[str] = STATUSES
) -> defaultdict[UUID, list[Obligation]]:
    """The members' obligations, oldest first for each, locked until the commit."""
    query = (
        select(Obligation)
        .where(Obligation.member_id.in_(members), Obligation.status.in_(statuses))
        .order_by(*LOCK_ORDER)
    )
    found: defaultdict[UUID, list[Obligation]] = defaultdict(list)
    for obligation in session.scalars(locked(session, query)):
        found[obligation.member_id].append(obligation)
    for of_one in found.values():
        of_one.sort(key=lambda obligation: (obligation.opened_on, obligation.id))
    return found


def _opened_by(join: Event) -> Iterable[Obligation]:
    data = join.data
    joined_on, imported = data["joined_on"], data["source"] == IMPORT
    known_on = clock.day_of(datetime.fromisoformat(join.time))
    for kind, due_on in deadlines(joined_on, imported=imported, known_on=known_on).items():
        yield Obligation(
            id=_id(data["member_id"], kind, joined_on, data["previous_left_on"]),
            member_id=data["member_id"],
            unit=data["unit"],
            kind=kind,
            opened_on=joined_on,
            previous_left_on=data["previous_left_on"],
            due_on=due_on,
            status="open",
            version=1,
        )


def _id(member_id: UUID, kind: str, opened_on: date, previous_left_on: date | None) -> UUID:
    """The same for the same join; one who left and came back on one day joined twice."""
    return uuid5(NAMES, f"{member_id}/{kind}/{opened_on}/{previous_left_on}")


def _beginning(obligation: Obligation, over: bool, join: Event) -> list[Caused]:
    facts: list[Caused] = [(ObligationOpened(**obligation.facts()), join)]
    if over and obligation.cancel():
        facts.append((ObligationCancelled(**obligation.facts()), join))
    return facts
