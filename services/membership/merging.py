"""Merging: a member who turned out to be another one never was, and the other knows it all.

Who had left and joined anew is the member of before: the new one is merged into that, who then
rejoins.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import outbox
from infra.database import locked
from infra.errors import Conflict, Invalid, NotFound
from services.membership import (
    assignments,
    journeys,
    marks,
    mentorships,
    prospect_joins,
    willingness,
)
from services.membership.duplicates import MustReach
from services.membership.events.members import MemberMerged, UndoneTransfer
from services.membership.members import MAPPED, Member, PastMembership
from services.membership.transfers import Transfer
from services.membership.vault import Vault

ALIVE = ("member", "left")
TOLD = (*MAPPED, "recruited_by", "prospect_id")
NOTHING: dict[str, Any] = {
    "personal": b"",
    "interests": [],
    "competences": [],
    "recruited_by": None,
    "prospect_id": None,
    "paid_until": None,
}
"""What is kept of one who was a mistake; the request to join is still known when it comes again."""

FOLLOWING: tuple[Callable[[Session, UUID, UUID], None], ...] = (
    prospect_joins.follow,
    assignments.absorb,
    mentorships.absorb,
    willingness.absorb,
    journeys.absorb,
)
"""What other nouns hold of the first member goes along to the second."""


def merge(
    session: Session, vault: Vault, member_id: UUID, into_id: UUID, must_reach: MustReach
) -> tuple[Member, bool]:
    """Merge a mistake into the member whom it is of, once; answers the mistake, and whether new.

    Raises NotFound, Invalid for an unknown `into` or the same member, Conflict when one of the two
    is erased or merged, Duplicate when what is known together is a third member.
    """
    mistake, into = _both(session, member_id, into_id)
    if mistake is None:
        raise NotFound("There is no such member.")
    must_reach(mistake.unit)
    if mistake.status == "merged" and mistake.merged_into == into_id:
        return mistake, False
    if mistake.status not in ALIVE:
        raise Conflict("The member is erased, or merged into another one.")
    if into is None or into is mistake:
        raise Invalid("Not into that", {"into": ["There is no other member of that id."]})
    must_reach(into.unit)
    if into.status not in ALIVE:
        raise Conflict("Nobody is merged into one who is erased or merged.")
    outbox.append(session, *_undone(session, mistake, into_id))
    _hand_over(session, vault, mistake, into)
    mistake.status, mistake.merged_into = "merged", into_id
    return mistake, True


def _both(session: Session, member_id: UUID, into_id: UUID) -> tuple[Member | None, Member | None]:
    """The two, locked in one order, so that no two merges wait for one another."""
    query = select(Member).where(Member.id.in_((member_id, into_id))).order_by(Member.id)
    found = {member.id: member for member in session.scalars(locked(session, query))}
    return found.get(member_id), found.get(into_id)


def _undone(session: Session, mistake: Member, into_id: UUID) -> Iterator[MemberMerged]:
    """What takes back each membership of the mistake, the first one first."""
    of_one = Transfer.member_id == mistake.id
    moves = session.scalars(select(Transfer).where(of_one).order_by(Transfer.id)).all()
    previous = None
    for each in _memberships(session, mistake):
        undone = _undone_until(moves, each.left_on)
        moves = moves[len(undone) :]
        yield MemberMerged(
            member_id=mistake.id,
            into_id=into_id,
            unit=each.unit,
            joined_on=each.joined_on,
            source=each.source,
            transfers=undone,
            previous_left_on=previous,
            left_unit=each.left_unit,
            left_on=each.left_on,
            reason=each.reason,
        )
        previous = each.left_on


def _undone_until(moves: Sequence[Transfer], left_on: date | None) -> list[UndoneTransfer]:
    during = (move for move in moves if left_on is None or move.on <= left_on)
    return [UndoneTransfer(move.from_unit, move.to_unit, move.on) for move in during]


def _memberships(session: Session, member: Member) -> list[PastMembership]:
    """All memberships in order; the last, the member's own, may have no end."""
    of_one = PastMembership.member_id == member.id
    past = session.scalars(select(PastMembership).where(of_one).order_by(PastMembership.number))
    last = PastMembership(
        unit=member.joined_unit,
        joined_on=member.joined_on,
        source=member.source,
        left_unit=None if member.left_on is None else member.unit,
        left_on=member.left_on,
        reason=member.leave_reason,
    )
    return [*past, last]


def _hand_over(session: Session, vault: Vault, mistake: Member, into: Member) -> None:
    """Let the second know what the first knew and it lacks, and nobody the first any more."""
    known = _together(vault.unseal(into.personal), vault.unseal(mistake.personal))
    marks.forget(session, mistake.id)
    marks.renew(session, vault, into.id, known)
    into.personal = vault.seal(known)
    for name in TOLD:
        setattr(into, name, _either(getattr(into, name), getattr(mistake, name)))
    paid = [day for day in (into.paid_until, mistake.paid_until) if day is not None]
    into.paid_until = max(paid, default=None)
    for name, value in NOTHING.items():
        setattr(mistake, name, value)
    for follow in FOLLOWING:
        follow(session, mistake.id, into.id)


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {name: _either(one.get(name), other.get(name)) for name in one | other}


def _either(one: Any, other: Any) -> Any:
    """What is told, of two lists all that is in them; the first holds where both tell something."""
    if isinstance(one, list) and isinstance(other, list):
        return one + [word for word in other if word not in one]
    return other if one is None else one
