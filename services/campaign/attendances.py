"""Who came to an activity: members once each, guests as a number."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.database import Base, insert_new
from services.campaign import activities, former_members
from services.campaign.activities import Activity, publish
from services.campaign.events.activities import ActivityAttended


class Attendance(Base):
    """That a member was at an activity."""

    __tablename__ = "attendance"

    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)


def record(session: Session, activity: Activity, request: Mapping[str, Any]) -> None:
    """Note who came to a locked activity, which was held thereby.

    Members join those who were told of before; a number of guests replaces the one before. Raises
    Invalid for a day that cannot be, Conflict when it was cancelled or held on another day.
    """
    changed = activity.hold(request["held_on"])
    members = set(former_members.who(session, request["members"]).values()) - {None}
    rows = [{"activity_id": activity.id, "member_id": member_id} for member_id in members]
    new = insert_new(session, Attendance, rows, "member_id")
    guests = activity.guests if request["guests"] is None else request["guests"]
    if changed or new or guests != activity.guests:
        activity.members += len(new)
        activity.guests = guests
        publish(session, activity)
        outbox.append(session, *(_fact(activity, member_id) for member_id in sorted(new)))


def forget(session: Session, member_ids: Collection[UUID]) -> None:
    """Keep no longer where these members were; how many came stays."""
    session.execute(delete(Attendance).where(Attendance.member_id.in_(member_ids)))


def take_over(session: Session, member_id: UUID, into_id: UUID) -> None:
    """Where one member was, another was; who came as both was there once."""
    theirs = select(Attendance.activity_id).where(Attendance.member_id == into_id)
    mine = Attendance.member_id == member_id
    shared = select(Attendance.activity_id).where(mine, Attendance.activity_id.in_(theirs))
    for activity_id in session.scalars(shared.order_by(Attendance.activity_id)).all():
        activity = activities.get(session, activity_id, lock=True)
        session.execute(delete(Attendance).where(mine, Attendance.activity_id == activity_id))
        activity.members -= 1
        publish(session, activity)
    session.execute(update(Attendance).where(mine).values(member_id=into_id))


def _fact(activity: Activity, member_id: UUID) -> ActivityAttended:
    return ActivityAttended(activity.id, member_id, activity.unit, activity.held_on)
