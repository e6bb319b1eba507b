"""What a unit makes of an entry of a wheel: another title, text or window, or nothing at all."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant
from infra.errors import Conflict, Invalid
from infra.units import Tree
from services.campaign import wheel_entries
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel

GIVEN = ("title", "material", "links", "from_on", "to_on", "dropped")


class WheelAdaptation(Base):
    """What a unit, and those below it without one of their own, have instead of the entry.

    What is None is as in the entry. `version` rises with each change.
    """

    __tablename__ = "wheel_adaptation"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("wheel_entry.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str | None] = mapped_column(String(200))
    material: Mapped[str | None] = mapped_column(Text)
    links: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    dropped: Mapped[bool]
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Instant)

    def take(self, request: dict[str, Any]) -> None:
        """Be what `request` says; a new version, unless it is that already."""
        if any(getattr(self, name) != request[name] for name in GIVEN):
            self.version += 1
            self.changed_at = clock.now()
            for name in GIVEN:
                setattr(self, name, request[name])


def adapt(
    session: Session, tree: Tree, wheel: Wheel, entry_id: UUID, unit: str, request: dict[str, Any]
) -> WheelAdaptation:
    """Keep what a unit makes of an entry, in place of what it made of it before.

    Raises NotFound, Conflict for a wheel that is not published or an entry that is withdrawn,
    Invalid for a unit that is not to hold it and for a window outside the term.
    """
    entry = wheel_entries.get(session, wheel.id, entry_id, lock=True)
    if wheel.published_at is None:
        raise Conflict("The wheel is not published yet.")
    if entry.withdrawn_at is not None:
        raise Conflict("The entry is withdrawn.")
    tree.check_fact(unit, clock.today())
    if not entry.holds_for(tree, unit):
        raise Invalid("Not theirs", {"unit": ["The entry does not hold for that unit."]})
    wheel.check_window(request["from_on"] or entry.from_on, request["to_on"] or entry.to_on)
    known = session.get(WheelAdaptation, (entry_id, unit))
    if known is not None:
        known.take(request)
        return known
    made = WheelAdaptation(
        entry_id=entry_id, unit=unit, version=1, changed_at=clock.now(), **request
    )
    session.add(made)
    return made


Adaptations = Mapping[UUID, list[WheelAdaptation]]
"""By entry, the nearest to the unit first."""


def for_unit(session: Session, tree: Tree, entries: Iterable[WheelEntry], unit: str) -> Adaptations:
    """What a unit and those above it made of some entries."""
    path = tree.path(unit)
    ids = [entry.id for entry in entries]
    query = select(WheelAdaptation).where(
        WheelAdaptation.entry_id.in_(ids), WheelAdaptation.unit.in_(path)
    )
    found: dict[UUID, list[WheelAdaptation]] = {entry_id: [] for entry_id in ids}
    for adaptation in session.scalars(query):
        found[adaptation.entry_id].append(adaptation)
    for made in found.values():
        made.sort(key=lambda adaptation: path.index(adaptation.unit))
    return found


def adapted(entry: WheelEntry, made: Iterable[WheelAdaptation]) -> dict[str, Any]:
    """The entry as a unit has it, by the nearest of what was made of it.

    Its columns with the unit's title and window; beside them `dropped`, and as `adapted_by` whose
    adaptation it is.
    """
    columns = {column.key: getattr(entry, column.key) for column in WheelEntry.__table__.columns}
    nearest = next(iter(made), None)
    if nearest is None:
        return {**columns, "dropped": False, "adapted_by": None}
    own = {name: getattr(nearest, name) for name in ("title", "from_on", "to_on")}
    said = {name: value for name, value in own.items() if value is not None}
    return {**columns, **said, "dropped": nearest.dropped, "adapted_by": nearest.unit}
