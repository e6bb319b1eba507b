"""Which activity is the conference of a year, and which units were there."""

from datetime import date
from uuid import UUID

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new
from infra.errors import Conflict


class ConferenceYear(Base):
    """The one conference of a calendar year."""

    __tablename__ = "conference_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    activity_id: Mapped[UUID]


class UnitPresent(Base):
    """That a unit was at a conference."""

    __tablename__ = "conference_attendance"

    activity_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)


def follow(session: Session, activity_id: UUID, held_on: date | None) -> None:
    """The conference is on that day; without a day it will not be held, and its year is free.

    Raises Conflict when the year has another, and when one that units were at would have another
    year or none.
    """
    of_it = select(ConferenceYear.year).where(ConferenceYear.activity_id == activity_id)
    known = session.scalar(of_it)
    year = None if held_on is None else held_on.year
    if known == year:
        return
    if known is not None:
        _leave(session, activity_id)
    row = {"year": year, "activity_id": activity_id}
    if year is not None and not insert_new(session, ConferenceYear, [row], "year"):
        raise Conflict("The year has its conference.")


def _leave(session: Session, activity_id: UUID) -> None:
    there = select(UnitPresent.unit).where(UnitPresent.activity_id == activity_id).limit(1)
    if session.scalar(there) is not None:
        raise Conflict("Units have been at the conference.")
    session.execute(delete(ConferenceYear).where(ConferenceYear.activity_id == activity_id))
