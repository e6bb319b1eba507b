"""The yearly conference: which branches and districts were there, and what is planned on it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.database import insert_new
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Node, Tree
from services.campaign import activities
from services.campaign.activities import Activity
from services.campaign.conference_years import ConferenceYear, UnitPresent
from services.campaign.events.conferences import ConferenceAttended
from services.campaign.wheels import Wheel

KINDS = ("branch", "district")
MOST_WHEELS = 100


def attend(session: Session, tree: Tree, activity_id: UUID, units: Sequence[str]) -> Activity:
    """Note that units were at a conference, each once; answers the conference.

    Raises NotFound, Invalid for what is no branch or district of that day, Conflict before the day
    and when it was cancelled.
    """
    activity = activities.get(session, activity_id, lock=True)
    if activity.kind != "conference":
        raise NotFound("There is no such conference.")
    if activity.status == "cancelled":
        raise Conflict("The conference was cancelled.")
    if activity.held_on > clock.today():
        raise Conflict("The conference is still to come.")
    for index, unit in enumerate(units):
        _check(tree, unit, activity.held_on, f"units.{index}")
    rows = [{"activity_id": activity_id, "unit": unit} for unit in units]
    new = insert_new(session, UnitPresent, rows, "unit")
    facts = (ConferenceAttended(activity_id, unit, activity.held_on) for unit in sorted(new))
    outbox.append(session, *facts)
    return activity


def of_year(session: Session, tree: Tree, year: int, unit: str) -> dict[str, Any]:
    """The conference of a year: the branches and districts of a unit, there or not, and its wheels.

    Raises NotFound when the year has none.
    """
    # A column holds no number of forty digits.
    year = min(year, date.max.year)
    of_it = select(ConferenceYear.activity_id).where(ConferenceYear.year == year)
    found = select(Activity).where(Activity.id == of_it.scalar_subquery())
    activity = session.scalars(found).one_or_none()
    if activity is None:
        raise NotFound("There is no conference of that year.")
    there = set(
        session.scalars(select(UnitPresent.unit).where(UnitPresent.activity_id == activity.id))
    )
    asked = [node.code for node in tree if _called(tree, node, unit, activity.held_on)]
    planned = select(Wheel.id).where(Wheel.conference_id == activity.id)
    return {
        "year": year,
        "activity_id": activity.id,
        "held_on": activity.held_on,
        "status": activity.status,
        "present": sorted(code for code in there if tree.within(code, unit)),
        "absent": sorted(code for code in asked if code not in there),
        "wheels": session.scalars(planned.order_by(Wheel.id).limit(MOST_WHEELS)).all(),
    }


def _check(tree: Tree, unit: str, day: date, field: str) -> None:
    if tree.check_known(unit, field).kind not in KINDS:
        raise Invalid("Not called", {field: ["It is neither a branch nor a district."]})
    tree.check_fact(unit, day, field)


def _called(tree: Tree, node: Node, unit: str, day: date) -> bool:
    is_open = node.open or day < node.valid_from
    return node.kind in KINDS and is_open and tree.within(node.code, unit)
