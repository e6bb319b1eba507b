"""Planning activities, and moving them in time: what a unit may plan."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.creation import create_all
from infra.database import insert_new
from infra.errors import Invalid
from infra.identity import new_id
from infra.units import ROOT, Tree
from services.campaign import activity_kinds, conference_years
from services.campaign.activities import GIVEN, Activity, fact, publish
from services.campaign.areas import Area
from services.campaign.wheel_entries import WheelEntry

LONGEST = timedelta(days=14)
"""From the first day to the last: a campaign week with some days before and after it."""


def plan(session: Session, tree: Tree, request: Mapping[str, Any]) -> tuple[Activity, bool]:
    """Plan an activity; answers the stored one, and whether it is new.

    Raises Invalid for a kind, a unit, a time, a link or an area that cannot be, Conflict when the
    id is taken by another activity.
    """
    return create_all(
        [_row(request)],
        check=lambda row: _check(session, tree, row),
        insert=lambda rows: _insert(session, rows),
        stored=lambda ids: {i: found for i in ids if (found := session.get(Activity, i))},
        same=Activity.same_as,
    )[0].answer()


def move(session: Session, tree: Tree, activity: Activity, request: Mapping[str, Any]) -> None:
    """Move a locked activity in time; what the request leaves out stays.

    Raises Invalid for a time that cannot be, Conflict when it is planned no longer.
    """
    starts_at, ends_at = (
        request[name].astimezone(UTC) if request[name] else getattr(activity, name)
        for name in ("starts_at", "ends_at")
    )
    if activity.move(starts_at, ends_at):
        _check_times(starts_at, ends_at)
        tree.check_fact(activity.unit, activity.held_on)
        publish(session, activity)


def _row(request: Mapping[str, Any]) -> dict[str, Any]:
    starts_at, ends_at = (request[name].astimezone(UTC) for name in ("starts_at", "ends_at"))
    given = {name: request[name] for name in GIVEN if name in request}
    if given["open"] is None:
        given["open"] = given["kind"] != "decision_meeting"
    return {
        **given,
        "id": request["id"] or new_id(),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "first_starts_at": starts_at,
        "first_ends_at": ends_at,
        "held_on": clock.day_of(starts_at),
        "leader_group": request["leader"] and request["leader"]["group"],
        "areas": [str(area) for area in request["areas"]],
    }


def _check(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    activity_kinds.check(session, row["kind"])
    _check_times(row["starts_at"], row["ends_at"])
    _check_open(row)
    _check_link(row)
    if row["kind"] == "conference" and row["unit"] != ROOT:
        raise Invalid("Not theirs", {"unit": ["The conference is the whole party's."]})
    if row["entry_id"] is not None and session.get(WheelEntry, row["entry_id"]) is None:
        raise Invalid("Unknown entry", {"entry_id": ["No wheel has such an entry."]})
    tree.check_fact(row["unit"], row["held_on"])
    if row["areas"]:
        _check_areas(session, tree, row)


def _check_areas(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    if row["kind"] != "door_knocking":
        raise Invalid("No doors", {"areas": ["Areas are handed out for door_knocking alone."]})
    below = set(tree.subtree(row["unit"]))
    wanted = {UUID(area) for area in row["areas"]}
    found = session.execute(select(Area.id, Area.unit).where(Area.id.in_(wanted)))
    if wanted - {area for area, unit in found if unit in below}:
        raise Invalid("Unknown area", {"areas": ["The unit has no such area, nor one below it."]})


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid("Too early", {"ends_at": ["It does not end after it starts."]})
    # By the calendar: with a change of summer time in it, a fortnight has an hour less or more.
    if clock.day_of(ends_at) - clock.day_of(starts_at) > LONGEST:
        raise Invalid("Too long", {"ends_at": [f"It lasts more than {LONGEST.days} days."]})


def _check_open(row: dict[str, Any]) -> None:
    decides = row["kind"] == "decision_meeting"
    if row["open"] and decides:
        raise Invalid("Not open", {"open": ["A decision meeting is for members."]})
    if row["open"] and row["closed_reason"] is not None:
        raise Invalid("Open", {"closed_reason": ["The activity is open."]})
    if not (row["open"] or decides or row["closed_reason"]):
        raise Invalid("Why", {"closed_reason": ["Say why it is not open to all."]})


def _check_link(row: dict[str, Any]) -> None:
    physical = row["mode"] == "physical"
    if physical and row["link"] is not None:
        raise Invalid("No link", {"link": ["A physical activity has none."]})
    if not physical and row["link"] is None:
        raise Invalid("No link", {"link": ["Say where it is met remotely."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Activity]:
    new = {"status": "planned", "members": 0, "guests": 0, "version": 1}
    unknown = dict.fromkeys(("cancel_reason", "grade", "worked", "improve"))
    stored = [{**row, **new, **unknown} for row in rows]
    ids = insert_new(session, Activity, stored)
    inserted = [row for row in stored if row["id"] in ids]
    for row in inserted:
        if row["kind"] == "conference":
            conference_years.follow(session, row["id"], row["held_on"])
    outbox.append(session, *map(fact, inserted))
    return {row["id"]: Activity(**row) for row in inserted}
