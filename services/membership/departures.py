"""Departures: what ends when a member leaves, or moves to another unit."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.units import Tree
from services.membership import assignments, members, mentorships, transfers, willingness
from services.membership.members import Member


def leave(session: Session, member_id: UUID, request: dict[str, Any]) -> tuple[Member, bool]:
    """End a membership, and with it the member's assignments and mentorships, that day.

    What the member was willing to do is forgotten. Answers and raises as `members.leave`.
    """
    member, new = members.leave(session, member_id, request)
    if new:
        left_on = request["left_on"]
        assignments.end_all(session, assignments.open_of(session, member.id), left_on)
        mentorships.end_all(session, mentorships.open_of(session, member.id), left_on)
        willingness.forget(session, member.id)
    return member, new


def transfer(
    session: Session, tree: Tree, member_id: UUID, request: dict[str, Any]
) -> tuple[Member, bool]:
    """Move a member, and end the assignments in units that are not theirs any more, that day.

    Those of the district and the party go on where the new unit is in the same. Mentorships go
    on. Answers and raises as `transfers.transfer`.
    """
    member, new = transfers.transfer(session, tree, member_id, request)
    if new:
        had = assignments.open_of(session, member.id)
        lost = [each for each in had if not tree.within(member.unit, each.unit)]
        assignments.end_all(session, lost, request["on"])
    return member, new
