"""Offers of training: the first one meets the obligation of its kind."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import Outcome
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from infra.identity import new_id
from infra.units import ROOT, Tree
from services.training.obligations import LOCK_ORDER, Obligation, meet_all, of_members
from services.training.trainees import left_days

FIELDS = ("member_id", "kind", "offered_on", "via")

Reaches = Callable[[str], bool]
"""Whether the caller may act in a unit."""


class Offer(Base):
    """A member was offered a kind of training on a day; `via` says how."""

    __tablename__ = "offer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID]
    member_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(40))
    offered_on: Mapped[date]
    via: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    def same_as(self, offer: dict[str, Any]) -> bool:
        """Whether `offer` says what this one says."""
        return all(getattr(self, name) == offer[name] for name in FIELDS)


def offer(session: Session, reaches: Reaches, given: dict[str, Any]) -> tuple[Offer, bool]:
    """Record one offer; answers the stored one, and whether it is new.

    Raises Invalid for a member, kind or day that has no obligation to meet, Forbidden for an
    obligation out of the caller's reach, Conflict for someone who has left and for an id that
    is taken by another offer.
    """
    (outcome,) = offer_all(session, reaches, [given])
    if outcome.problem is not None:
        raise outcome.problem
    return get(session, outcome.id), outcome.created


def offer_all(
    session: Session, reaches: Reaches, given: Sequence[dict[str, Any]]
) -> list[Outcome[Offer]]:
    """Record many offers; every one answered, in order, and a bad one spoils no other.

    The client's id decides: an offer sent again is the one that is stored. Of several offers for
    one obligation the first in order meets it.
    """
    rows = [{**item, "id": item["id"] or new_id()} for item in given]
    board = _Board(session, reaches, rows)
    outcomes: dict[int, Outcome[Offer]] = {}
    chosen: dict[UUID, tuple[int, Obligation]] = {}
    for index, row in enumerate(rows):
        if row["id"] in board.stored or row["id"] in chosen:
            continue
        try:
            chosen[row["id"]] = index, board.choose(row)
        except Problem as problem:
            outcomes[index] = Outcome(row["id"], problem=problem)
    new = _insert(session, [(rows[index], obligation) for index, obligation in chosen.values()])
    for key, (index, _) in chosen.items():
        if key in new:
            outcomes[index] = Outcome(key, created=True)
    again = {index: row for index, row in enumerate(rows) if index not in outcomes}
    outcomes.update(_compare(session, board, again))
    return [outcomes[index] for index in range(len(rows))]


def offer_unit(session: Session, tree: Tree, given: dict[str, Any], limit: int = 500) -> int:
    """Offer to up to `limit` of those in the unit, and below it, who are owed the kind.

    Answers how many; fewer than `limit` when none is left. Whoever joined later than that day is
    left out. Raises Invalid for a unit or a day that can have no offer.
    """
    _check_day(clock.today(), given["offered_on"])
    tree.check_fact(given["unit"], given["offered_on"])
    owed = select(Obligation).where(
        Obligation.kind == given["kind"], Obligation.opened_on <= given["offered_on"]
    )
    if given["unit"] != ROOT:
        owed = owed.where(Obligation.unit.in_(tree.subtree(given["unit"])))
    found: list[Obligation] = []
    # One status at a time: an index has them in order, without those that were met.
    for status in ("overdue", "open"):
        some = owed.where(Obligation.status == status).limit(limit - len(found))
        found.extend(session.scalars(locked(session, some.order_by(*LOCK_ORDER))))
    common = {"kind": given["kind"], "offered_on": given["offered_on"], "via": given["via"]}
    rows = [({"id": new_id(), "member_id": each.member_id, **common}, each) for each in found]
    return len(_insert(session, rows))


def forget_all(session: Session, members: Collection[UUID]) -> None:
    """Drop what was written about offers to these members; that there were offers stays."""
    # By their obligations: an index leads to those, and from them to the offers.
    theirs = select(Obligation.id).where(Obligation.member_id.in_(members))
    told = Offer.obligation_id.in_(theirs) & Offer.via.is_not(None)
    session.execute(update(Offer).where(told).values(via=None))


def get(session: Session, offer_id: UUID) -> Offer:
    """The offer with that id; NotFound if there is none."""
    found = session.get(Offer, offer_id)
    if found is None:
        raise NotFound("There is no such offer.")
    return found


def latest(obligations: Sequence[Obligation], left: Sequence[date], day: date) -> Obligation | None:
    """Of one member's obligations of a kind, oldest first, the one that an offer of `day` is for.

    None when the member had left, had not joined yet, or was another one.
    """
    for obligation in reversed(obligations):
        over = obligation.status == "cancelled" or obligation.ended(left)
        if obligation.opened_on <= day and not over:
            return obligation
    return None


def must_reach(reaches: Reaches, obligations: Sequence[Obligation]) -> None:
    """Forbidden unless the caller may act in the unit of one of them."""
    if not any(reaches(obligation.unit) for obligation in obligations):
        raise Forbidden("The unit is outside the token's part of the organisation.")


class _Board:
    """What is known about the members of a batch; their obligations are locked."""

    def __init__(self, session: Session, reaches: Reaches, rows: Sequence[dict[str, Any]]) -> None:
        members = {row["member_id"] for row in rows}
        self._reaches = reaches
        self._today = clock.today()
        self._obligations = of_members(session, members)
        self._left = left_days(session, members)
        self.stored = _stored(session, rows)

    def choose(self, row: dict[str, Any]) -> Obligation:
        """The obligation that the offer is for; raises why there is none."""
        _check_day(self._today, row["offered_on"])
        of_member = self._obligations[row["member_id"]]
        if not of_member:
            raise Invalid("Unknown", {"member_id": ["Nothing is to be offered to this member."]})
        of_kind = [each for each in of_member if each.kind == row["kind"]]
        if not of_kind:
            raise Invalid("Not owed", {"kind": ["This is not to be offered to this member."]})
        must_reach(self._reaches, of_kind)
        if of_kind[0].opened_on > row["offered_on"]:
            raise Invalid("Too early", {"offered_on": ["The day is before it was owed."]})
        chosen = latest(of_kind, self._left[row["member_id"]], row["offered_on"])
        if chosen is None:
            raise Conflict("The member has left.")
        must_reach(self._reaches, [chosen])
        return chosen

    def same(self, stored: Offer, row: dict[str, Any]) -> None:
        """Conflict unless the offer is the stored one, Forbidden when it is out of reach."""
        if not stored.same_as(row):
            raise Conflict("The id is taken by another offer.")
        of_member = self._obligations[row["member_id"]]
        must_reach(self._reaches, [each for each in of_member if each.id == stored.obligation_id])


def _check_day(today: date, offered_on: date) -> None:
    if offered_on > today:
        raise Invalid("Not yet", {"offered_on": ["The day is in the future."]})


def _insert(session: Session, chosen: Sequence[tuple[dict[str, Any], Obligation]]) -> set[UUID]:
    now = clock.now()
    rows = [{**row, "obligation_id": each.id, "recorded_at": now} for row, each in chosen]
    new: set[UUID] = insert_new(session, Offer, sorted(rows, key=lambda row: row["id"]))
    meet_all(session, [(each, row["offered_on"]) for row, each in chosen if row["id"] in new])
    return new


def _stored(session: Session, rows: Sequence[dict[str, Any]]) -> dict[UUID, Offer]:
    ids = {row["id"] for row in rows}
    return {offer.id: offer for offer in session.scalars(select(Offer).where(Offer.id.in_(ids)))}


def _compare(
    session: Session, board: _Board, again: dict[int, dict[str, Any]]
) -> Iterator[tuple[int, Outcome[Offer]]]:
    stored = _stored(session, list(again.values())) if again else {}
    for index, row in again.items():
        try:
            board.same(stored[row["id"]], row)
            yield index, Outcome(row["id"])
        except Problem as problem:
            yield index, Outcome(row["id"], problem=problem)
