"""Who takes part in which campaign: sums that every report of a campaign is added to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String
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
    rows = [
        {"campaign_id": key, "unit": unit, "volunteer": volunteer, "conversations": count}
        for (key, unit, volunteer), count in sums.items()
    ]
    add_up(session, Participation, rows, "conversations")
