"""Training's obligations as metrics counts them: the highest version of each decides."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from infra.database import Base
from infra.event import Event
from services.metrics.counters import Increment

NOT_COUNTED = "training.obligation_cancelled.v1"


class CountedObligation(Base):
    """An obligation as it was last counted."""

    __tablename__ = "counted_obligation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    due_on: Mapped[date | None]
    counted: Mapped[bool]
    on_time: Mapped[bool]

    @classmethod
    def blank(cls, event: Event) -> dict[str, Any]:
        """The columns of one of which nothing is counted yet."""
        return {
            "unit": event.data["unit"],
            "kind": event.data["kind"],
            "due_on": None,
            "counted": False,
            "on_time": False,
        }

    def increments(self, sign: int) -> Iterator[Increment]:
        """What it adds (sign 1) or, taken back, subtracts (−1), on the day it is due."""
        if self.counted and self.due_on is not None:
            yield Increment(self.unit, f"{self.kind}.due", self.due_on, sign)
            if self.on_time:
                yield Increment(self.unit, f"{self.kind}.on_time", self.due_on, sign)

    def become(self, event: Event) -> None:
        """Take over the state that a newer event tells of."""
        self.version = event.data["version"]
        self.unit = event.data["unit"]
        self.kind = event.data["kind"]
        self.due_on = event.data["due_on"]
        self.counted = event.type != NOT_COUNTED
        self.on_time = bool(event.data["on_time"])
