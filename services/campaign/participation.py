"""Who takes part in which campaign: sums that every report of a campaign is added to."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, add_up

UNNAMED = ""
"""Stands for the volunteer of a report that names none."""


class Participation(Base):
    """The conversations of one volunteer in one unit in a campaign; 0 once all are taken back.

    A row for each volunteer, so that those who report at once do not wait for each other.
    """

    __tablename__ = "participation"

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    volunteer: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversations: Mapped[int]


def add(session: Session, reports: Iterable[Mapping[str, Any]], sign: int = 1) -> None:
    """Add what was reported (or with `sign` -1 take it back); nothing to do without a campaign."""
    sums: Counter[tuple[UUID, str, str]] = Counter()
    for report in reports:
        if report["campaign_id"] is not None:
            volunteer = report["logged_by"] or UNNAMED
            sums[report["campaign_id"], report["unit"], volunteer] += sign * report["count"]
    _add(session, sums)


def forget(session: Session, member_ids: Collection[UUID]) -> None:
    """What these members had is that of volunteers whom nobody names; the sums stay."""
    _move(session, member_ids, UNNAMED)


def take_over(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What one member had the other has, beside their own."""
    _move(session, [member_id], str(into_id))


def _move(session: Session, member_ids: Collection[UUID], volunteer: str) -> None:
    """By the id in its usual form, as their reports name them."""
    columns = (Participation.campaign_id, Participation.unit, Participation.conversations)
    theirs = Participation.volunteer.in_([str(member_id) for member_id in member_ids])
    sums: Counter[tuple[UUID, str]] = Counter()
    for key, unit, count in session.execute(
        delete(Participation).where(theirs).returning(*columns)
    ):
        sums[key, unit] += count
    _add(session, {(*at, volunteer): count for at, count in sums.items()})


def _add(session: Session, sums: Mapping[tuple[UUID, str, str], int]) -> None:
    rows = [
        {"campaign_id": key, "unit": unit, "volunteer": volunteer, "conversations": count}
        for (key, unit, volunteer), count in sums.items()
    ]
    add_up(session, Participation, rows, "conversations")
