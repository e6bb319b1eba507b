"""Rejoins: who has left is a member again; the membership before goes on as a past one."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from infra import outbox
from infra.units import Tree
from services.membership import members
from services.membership.events.members import MemberJoined
from services.membership.members import Member, PastMembership


def rejoin(
    session: Session, tree: Tree, member_id: UUID, request: dict[str, Any]
) -> tuple[Member, bool]:
    """Be a member of `unit` again since `joined_on`, once; answers the member, and whether new.

    What was paid was for the membership before. Raises NotFound, Invalid for a unit that can have
    no members and a day in the future or before the leave, and Conflict for one who has not left.
    """
    member = members.get(session, member_id, lock=True)
    if _is_done(session, member, request):
        return member, False
    past = _past(session, member)
    member.rejoin(tree, request["unit"], request["joined_on"], request["source"])
    session.add(past)
    outbox.append(session, _rejoined(member))
    return member, True


def _is_done(session: Session, member: Member, request: dict[str, Any]) -> bool:
    if member.previous_left_on is None:
        return False
    wanted = (request["unit"], request["joined_on"], request["source"])
    if wanted == (member.joined_unit, member.joined_on, member.source):
        return True
    # The first membership began with a join, not with a rejoin.
    done = exists().where(
        PastMembership.member_id == member.id,
        PastMembership.number > 1,
        PastMembership.unit == request["unit"],
        PastMembership.joined_on == request["joined_on"],
        PastMembership.source == request["source"],
    )
    return bool(session.scalar(select(done)))


def _past(session: Session, member: Member) -> PastMembership:
    of_member = PastMembership.member_id == member.id
    last = session.scalar(select(func.max(PastMembership.number)).where(of_member))
    return PastMembership(
        member_id=member.id,
        number=(last or 0) + 1,
        unit=member.joined_unit,
        source=member.source,
        joined_on=member.joined_on,
        left_unit=member.unit,
        left_on=member.left_on,
        reason=member.leave_reason,
    )


def _rejoined(member: Member) -> MemberJoined:
    return MemberJoined(
        member.id,
        member.unit,
        member.joined_on,
        member.source,
        rejoined=True,
        previous_left_on=member.previous_left_on,
    )
