"""Obligations: what a member is to be offered, until it is offered or no longer owed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.database import Base, locked
from infra.errors import Conflict
from infra.event import Event
from services.training import standing
from services.training.deadlines import LEADERS
from services.training.events import (
    ObligationCancelled,
    ObligationFact,
    ObligationMet,
    ObligationMoved,
    ObligationOverdue,
    ObligationReopened,
)
from services.training.standing import Standing

STATUSES = ("open", "met", "met_late", "overdue", "cancelled")
OWED = ("open", "overdue")
SOON = timedelta(days=30)
VERY_SOON = timedelta(days=7)

BECAME: Mapping[str, type[ObligationFact]] = {
    "open": ObligationReopened,
    "met": ObligationMet,
    "met_late": ObligationMet,
    "overdue": ObligationOverdue,
    "cancelled": ObligationCancelled,
}


class Obligation(Base):
    """One member, one kind of training: from one join on, or, for leaders, from the first post.

    `previous_left_on` is the day the member had left before that join, if it was a rejoin;
    `opened_in` the unit of the join. The version rises by one with each change.
    """

    __tablename__ = "obligation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    unit: Mapped[str] = mapped_column(String(64))
    opened_in: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    opened_on: Mapped[date]
    previous_left_on: Mapped[date | None]
    due_on: Mapped[date | None]
    offered_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    # The days from which on it is to be said that the last day comes near; None once it was.
    remind_on: Mapped[date | None]
    remind_last_on: Mapped[date | None]
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

    def offered_instead(
        self, offered_on: date | None, known: Standing
    ) -> type[ObligationFact] | None:
        """An offer was withdrawn, and this is the day of the first that is left."""
        if offered_on == self.offered_on:
            return None
        self.offered_on = offered_on
        return self.settle(known) or self._become(self.status)

    def settle(self, known: Standing) -> type[ObligationFact] | None:
        """Become what is known of the member makes it; answers what happened, None if nothing.

        Whatever the order in which it became known, it comes out the same.
        """
        moved = self._place(known)
        status = self._status_by(known)
        if status != self.status:
            return self._become(status)
        if moved and status != "cancelled":
            self.version += 1
            return ObligationMoved
        return None

    def ended_by(self, left_on: date) -> bool:
        """Whether a leave of that day ended the membership that this came of."""
        if self.kind == LEADERS:
            return False
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
            "status": self.status,
            "version": self.version,
        }

    def row(self) -> dict[str, Any]:
        """The columns to insert."""
        return {name: getattr(self, name) for name in COLUMNS}

    def plan_reminders(self) -> None:
        """Set the days from which on it is to be said that the last day comes near."""
        waiting = self.status == "open" and self.due_on is not None
        self.remind_on = self.due_on - SOON if waiting and self.due_on else None
        self.remind_last_on = self.due_on - VERY_SOON if waiting and self.due_on else None

    def _in_time(self, offered_on: date) -> bool:
        return self.due_on is None or offered_on <= self.due_on

    def _become(self, status: str) -> type[ObligationFact]:
        self.status = status
        self.version += 1
        self.plan_reminders()
        return BECAME[status]

    def _status_by(self, known: Standing) -> str:
        if known.double:
            return "cancelled"
        if self.offered_on is not None:
            return "met" if self.on_time else "met_late"
        held = known.trust is not None and known.trust.held
        if not held if self.kind == LEADERS else self.ended(known.left):
            return "cancelled"
        return self.status if self.status in OWED else "open"

    def _place(self, known: Standing) -> bool:
        """Set where it belongs, and for leaders since when; whether anything is new."""
        before = self.unit, self.opened_on
        if self.kind != LEADERS:
            until = min(filter(self.ended_by, known.left), default=date.max)
            within = [move for move in known.moves if self.opened_on <= move.moved_on <= until]
            # Without it only where a service of the version before opened it.
            self.unit = within[-1].to_unit if within else self.opened_in or self.unit
        elif known.trust is not None:
            self.unit, self.opened_on = known.trust.unit, known.trust.since
        return before != (self.unit, self.opened_on)


COLUMNS = (
    "id",
    "member_id",
    "unit",
    "opened_in",
    "kind",
    "opened_on",
    "previous_left_on",
    "due_on",
    "offered_on",
    "status",
    "version",
    "remind_on",
    "remind_last_on",
)
LOCK_ORDER = (Obligation.due_order, Obligation.id)
"""Whoever locks several takes them in this order, so that no two wait for one another."""


def settle_all(session: Session, causes: Mapping[UUID, Event]) -> None:
    """Make all obligations of these members what is known of them; publish what happens.

    `causes` has for each member the event that something new came with. Their turns are taken.
    """
    known = standing.of(session, causes)
    facts = [
        (happened(**obligation.facts()), causes[member_id])
        for member_id, of_one in of_members(session, causes).items()
        for obligation in of_one
        if (happened := obligation.settle(known[member_id])) is not None
    ]
    outbox.append_all(session, facts)


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
