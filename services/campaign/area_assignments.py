"""Who has an area, until when: one at a time, and by itself free again after that."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant
from services.campaign.areas import Area

MODES = ("visits", "tally")


class AreaAssignment(Base):
    """An area in the hands of `assignee`, an opaque reference, from `assigned_at` to `until`.

    It holds the area until it is ended or `until` has come, whichever is first, whether or not
    anybody has put down `ended_at` yet. An expired one has ended at its `until`.
    """

    __tablename__ = "area_assignment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey(Area.id))
    unit: Mapped[str] = mapped_column(String(64))
    assignee: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(10))
    round: Mapped[int]
    assigned_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    remind_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    end_reason: Mapped[str | None] = mapped_column(String(10))
    release_reason: Mapped[str | None] = mapped_column(String(20))


def current(session: Session, area_id: UUID) -> AreaAssignment | None:
    """Who has the area now, if anybody has."""
    return session.scalars(
        select(AreaAssignment).where(
            AreaAssignment.area_id == area_id,
            AreaAssignment.ended_at.is_(None),
            AreaAssignment.until > clock.now(),
        )
    ).one_or_none()


def at(session: Session, area_id: UUID, instant: datetime) -> AreaAssignment | None:
    """Who had the area at `instant`, if anybody had; ended since or not."""
    return session.scalars(
        select(AreaAssignment).where(
            AreaAssignment.area_id == area_id,
            AreaAssignment.assigned_at <= instant,
            func.coalesce(AreaAssignment.ended_at, AreaAssignment.until) > instant,
        )
    ).one_or_none()
