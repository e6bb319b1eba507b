"""Transfers: members who move between units, which is neither a join nor a leave."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.database import Base, BigKey
from infra.units import Tree
from services.membership import members
from services.membership.events.members import MemberTransferred
from services.membership.members import Member


class Transfer(Base):
    """One move of a member between units; `id` tells the order of those of one day."""

    __tablename__ = "transfer"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    from_unit: Mapped[str] = mapped_column(String(64))
    to_unit: Mapped[str] = mapped_column(String(64))
    on: Mapped[date]


def transfer(
    session: Session, tree: Tree, member_id: UUID, request: dict[str, Any]
) -> tuple[Member, bool]:
    """Move a member to `unit` on the day `on`, once; answers the member, and whether it was new.

    Raises NotFound, Invalid for a unit that can have no members or a day before the member
    joined or last moved, and Conflict for one who has left or is in the unit.
    """
    member = members.get(session, member_id, lock=True)
    before, unit, on = member.unit, request["unit"], request["on"]
    if _is_done(session, member_id, unit, on):
        return member, False
    member.move(tree, unit, on)
    session.add(Transfer(member_id=member.id, from_unit=before, to_unit=unit, on=on))
    outbox.append(session, MemberTransferred(member.id, before, unit, on))
    return member, True


def _is_done(session: Session, member_id: UUID, unit: str, on: date) -> bool:
    done = exists().where(
        Transfer.member_id == member_id, Transfer.to_unit == unit, Transfer.on == on
    )
    return bool(session.scalar(select(done)))
