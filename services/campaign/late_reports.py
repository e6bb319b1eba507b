"""Notes of reports whose week was over when they came, so that its volunteers are counted again."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, BigKey

WEEK = timedelta(days=7)


class LateReport(Base):
    """Something changed in the week of the Monday `week`; a row a transaction, so none waits."""

    __tablename__ = "late_report"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    week: Mapped[date]


def note(session: Session, reports: Iterable[Mapping[str, Any]]) -> None:
    """Note the weeks of reports, logged or voided, that name a volunteer and are over."""
    this_week = monday(clock.today())
    weeks = {monday(report["held_on"]) for report in reports if report["logged_by"] is not None}
    late = [{"week": week} for week in sorted(weeks) if week < this_week]
    if late:
        session.execute(insert(LateReport), late)


def monday(day: date) -> date:
    """The first day of the ISO week."""
    return day - timedelta(days=day.weekday())
