"""The next edition of a wheel: what is planned again, some years later."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.creation import create_all
from infra.database import insert_new
from infra.identity import new_id
from infra.units import Tree
from services.campaign import wheel_entries, wheels
from services.campaign.templates import Template
from services.campaign.wheel_entries import WheelEntry
from services.campaign.wheels import Wheel

KEPT = ("wheel_id", "template_id", "title", "phase", "units", "unit_kind")


def plan_next(
    session: Session, tree: Tree, wheel_id: UUID, request: dict[str, Any]
) -> tuple[Wheel, bool]:
    """Copy a wheel and its entries, `years` later; answers the copy, and whether it is new.

    It is not published, and its entries have the latest versions of their templates. Raises
    NotFound, Invalid for a conference that is none, Conflict when the id is taken.
    """
    wheel = wheels.get(session, wheel_id, lock=True)
    made, new = create_all(
        [wheels.as_row(_moved_wheel(wheel, request))],
        check=partial(wheels.check, session, tree),
        insert=partial(wheels.insert, session),
        stored=partial(wheels.stored, session),
        same=Wheel.same_as,
    )[0].answer()
    if new:
        _copy_entries(session, wheel_id, made.id, request["years"])
    return made, new


def _moved_wheel(wheel: Wheel, request: dict[str, Any]) -> dict[str, Any]:
    years = request["years"]
    phases = [
        {
            "name": phase["name"],
            **{
                name: _later(date.fromisoformat(phase[name]), years)
                for name in ("from_on", "to_on")
            },
        }
        for phase in wheel.phases
    ]
    return {
        "id": request["id"],
        "unit": wheel.unit,
        "title": request["title"],
        "starts_on": _later(wheel.starts_on, years),
        "ends_on": _later(wheel.ends_on, years),
        "phases": phases,
        "conference_id": request["conference_id"],
        "previous_id": wheel.id,
    }


def _copy_entries(session: Session, wheel_id: UUID, into_id: UUID, years: int) -> None:
    now = clock.now()
    entries = [e for e in wheel_entries.of(session, wheel_id) if e.withdrawn_at is None]
    latest = _latest_versions(session, {entry.template_id for entry in entries})
    rows = [
        {
            **{name: getattr(entry, name) for name in KEPT},
            "id": new_id(),
            "wheel_id": into_id,
            "version": latest[entry.template_id],
            "from_on": _later(entry.from_on, years),
            "to_on": _later(entry.to_on, years),
            "created_at": now,
        }
        for entry in entries
    ]
    insert_new(session, WheelEntry, rows)


def _latest_versions(session: Session, template_ids: set[UUID]) -> dict[UUID, int]:
    query = select(Template.id, Template.version).where(Template.id.in_(template_ids))
    return dict(session.execute(query).all())


def _later(day: date, years: int) -> date:
    return clock.add_months(day, 12 * years)
