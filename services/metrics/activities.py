"""Campaign's activities as metrics counts them: the highest version of each decides."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from infra.database import Base
from infra.event import Event
from services.metrics.counters import Increment

COUNTS = "campaign.activity_held.v1"
DECISIONS = "decision_meeting"


class CountedActivity(Base):
    """An activity as it was last counted: once it is held."""

    __tablename__ = "counted_activity"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    held_on: Mapped[date]
    held: Mapped[bool]
    members: Mapped[int]
    guests: Mapped[int]

    @classmethod
    def blank(cls, event: Event) -> dict[str, Any]:
        """The columns of one of which nothing is counted yet."""
        names = ("unit", "kind", "held_on")
        return {**{n: event.data[n] for n in names}, "held": False, "members": 0, "guests": 0}

    def increments(self, sign: int) -> Iterator[Increment]:
        """What it adds (sign 1) or, taken back, subtracts (−1), on the day it was held.

        Decision meetings are beside the local activities, and so is who was there.
        """
        if self.held:
            decides = self.kind == DECISIONS
            measure = "decision_meetings" if decides else f"activities.{self.kind}"
            yield Increment(self.unit, measure, self.held_on, sign)
            if not decides:
                yield Increment(self.unit, "participants", self.held_on, sign * self.members)
                yield Increment(self.unit, "guests", self.held_on, sign * self.guests)

    def become(self, event: Event) -> None:
        """Take over the state that a newer event tells of."""
        for name in ("version", "unit", "kind", "held_on", "members", "guests"):
            setattr(self, name, event.data[name])
        self.held = event.type == COUNTS
