"""Entries of a wheel: what is to be held when, by whom, from which template."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.campaign import templates, wheels
from services.campaign.templates import Template, TemplateVersion
from services.campaign.wheels import Wheel

MOST = 500
"""Entries that a wheel has at most: all of them are shown together."""

GIVEN = ("wheel_id", "template_id", "title", "phase", "from_on", "to_on", "units", "unit_kind")


class WheelEntry(Base):
    """An activity in the plan, once in a window, by one version of a template.

    It holds for the `units` and all below them, for those of `unit_kind` alone if it says one.
    Nothing of it is changed: who wants it otherwise withdraws it and adds another.
    """

    __tablename__ = "wheel_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wheel_id: Mapped[UUID] = mapped_column(ForeignKey("wheel.id"))
    template_id: Mapped[UUID] = mapped_column(ForeignKey("template.id"))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    phase: Mapped[str | None] = mapped_column(String(80))
    from_on: Mapped[date]
    to_on: Mapped[date]
    units: Mapped[list[str]] = mapped_column(JSON)
    unit_kind: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    def holds_for(self, tree: Tree, unit: str) -> bool:
        """Whether the unit is to hold it."""
        node = tree.get(unit)
        of_kind = node is not None and self.unit_kind in (None, node.kind)
        return of_kind and not set(self.units).isdisjoint(tree.path(unit))

    def same_as(self, row: dict[str, Any]) -> bool:
        """Whether it was made from `row`, which may leave the version open."""
        same = all(getattr(self, name) == row[name] for name in GIVEN)
        return same and row["version"] in (None, self.version)


def add(
    session: Session, tree: Tree, wheel_id: UUID, request: dict[str, Any]
) -> tuple[WheelEntry, bool]:
    """Add an entry, before the wheel is published or after; answers it, and whether it is new.

    Raises NotFound, Invalid for a template without material, for one that the wheel's unit does
    not see, and for a phase, a window or units that cannot be; Conflict when the id is taken.
    """
    wheel = wheels.get(session, wheel_id, lock=True)
    return create_all(
        [{**request, "id": request["id"] or new_id(), "wheel_id": wheel_id}],
        check=partial(_check, session, tree, wheel),
        insert=partial(_insert, session),
        stored=lambda ids: {entry.id: entry for entry in _of_ids(session, ids)},
        same=WheelEntry.same_as,
    )[0].answer()


def withdraw(session: Session, wheel_id: UUID, entry_id: UUID) -> WheelEntry:
    """Take an entry out of the plan: it stays to be seen as withdrawn. Again changes nothing.

    Raises NotFound.
    """
    entry = get(session, wheel_id, entry_id, lock=True)
    entry.withdrawn_at = entry.withdrawn_at or clock.now()
    return entry


def publish(session: Session, wheel_id: UUID) -> Wheel:
    """Show a wheel to all for whom it is; again changes nothing.

    Raises NotFound, Conflict when it has no entry, or one without material.
    """
    wheel = wheels.get(session, wheel_id, lock=True)
    if wheel.published_at is None:
        entries = [entry for entry in of(session, wheel_id) if entry.withdrawn_at is None]
        if not entries:
            raise Conflict("The wheel has no entries.")
        if session.scalar(select(_without_material(wheel_id))):
            raise Conflict("The wheel has an entry without material.")
        wheel.published_at = clock.now()
    return wheel


def get(session: Session, wheel_id: UUID, entry_id: UUID, *, lock: bool = False) -> WheelEntry:
    """The entry of the wheel with that id; NotFound if there is none."""
    query = select(WheelEntry).where(WheelEntry.id == entry_id, WheelEntry.wheel_id == wheel_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("The wheel has no such entry.")
    return found


def of(session: Session, wheel_id: UUID) -> Sequence[WheelEntry]:
    """The entries of a wheel, withdrawn ones too, in the order of their windows."""
    query = select(WheelEntry).where(WheelEntry.wheel_id == wheel_id)
    return session.scalars(query.order_by(WheelEntry.from_on, WheelEntry.id)).all()


def _check(session: Session, tree: Tree, wheel: Wheel, row: dict[str, Any]) -> None:
    _check_template(session, tree, wheel, row)
    wheel.check_phase(row["phase"])
    wheel.check_window(row["from_on"], row["to_on"])
    for index, code in enumerate(row["units"]):
        field = f"units.{index}"
        tree.check_fact(code, clock.today(), field)
        if not tree.within(code, wheel.unit):
            raise Invalid("Outside", {field: ["The wheel is not for that unit."]})
    others = select(func.count()).where(WheelEntry.wheel_id == wheel.id)
    if (session.scalar(others) or 0) >= MOST:
        raise Conflict(f"A wheel has at most {MOST} entries.")


def _check_template(session: Session, tree: Tree, wheel: Wheel, row: dict[str, Any]) -> None:
    template = session.get(Template, row["template_id"])
    if template is None or not template.seen_from(tree, wheel.unit):
        raise Invalid("No template", {"template_id": ["The unit sees no such template."]})
    version = template.check_version(row["version"])
    if not templates.version_of(session, template.id, version).has_material:
        raise Invalid("No material", {"template_id": ["The template has no material."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, WheelEntry]:
    now = clock.now()
    made = [
        {
            **row,
            "version": row["version"] or session.get_one(Template, row["template_id"]).version,
            "created_at": now,
        }
        for row in rows
    ]
    return {entry.id: entry for entry in _of_ids(session, insert_new(session, WheelEntry, made))}


def _of_ids(session: Session, ids: set[UUID]) -> Sequence[WheelEntry]:
    return session.scalars(select(WheelEntry).where(WheelEntry.id.in_(ids))).all()


def _without_material(wheel_id: UUID) -> Any:
    return exists().where(
        WheelEntry.wheel_id == wheel_id,
        WheelEntry.withdrawn_at.is_(None),
        TemplateVersion.template_id == WheelEntry.template_id,
        TemplateVersion.version == WheelEntry.version,
        ~TemplateVersion.has_material,
    )
