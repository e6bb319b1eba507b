"""Activities of the units: planned, held or cancelled."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, Instant, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.campaign import conference_years, former_members
from services.campaign.events.activities import (
    LONGEST_KIND,
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
)
from services.campaign.events.fact import CampaignFact

LEADERS = ("parliament", "municipal", "regional", "church", "branch")
"""The groups whose members lead activities."""

PARTNERS = ("lo", "other_union", "abf", "unga_ornar", "hyresgastforeningen")
"""Organisations with which activities are held; others are told by name."""

CANCEL_REASONS = ("too_few", "no_leader", "no_venue", "weather", "other")
FACTS = {"planned": ActivityPlanned, "held": ActivityHeld, "cancelled": ActivityCancelled}
STATUSES = tuple(FACTS)

GIVEN = (
    "unit",
    "kind",
    "title",
    "mode",
    "link",
    "open",
    "closed_reason",
    "limit",
    "entry_id",
    "leader_group",
    "partners",
    "other_partners",
    "areas",
    "first_starts_at",
    "first_ends_at",
)
"""What makes a request the one that an activity was planned by."""


class Activity(Base):
    """What a unit does from `starts_at` to `ends_at`.

    `held_on` is the day, in Stockholm, on which it begins, or is told to have been held. `members`
    and `guests` are how many came. `first_starts_at` and `first_ends_at` are as it was planned,
    wherever it was moved. Opaque references are `entry_id`, to what it carries out of a wheel, and
    `areas`, handed out at the door of a door-knocking evening. `version` rises with each change
    that is published. The unit's own evaluation has a `grade` from 1 to 5, what `worked` and what
    to `improve`.
    """

    __tablename__ = "activity"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(LONGEST_KIND))
    title: Mapped[str] = mapped_column(String(200))
    mode: Mapped[str] = mapped_column(String(20))
    link: Mapped[str | None] = mapped_column(String(500))
    open: Mapped[bool]
    closed_reason: Mapped[str | None] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    first_starts_at: Mapped[datetime] = mapped_column(Instant)
    first_ends_at: Mapped[datetime] = mapped_column(Instant)
    held_on: Mapped[date]
    limit: Mapped[int | None]
    entry_id: Mapped[UUID | None]
    leader_group: Mapped[str | None] = mapped_column(String(20))
    partners: Mapped[list[str]] = mapped_column(JSON)
    other_partners: Mapped[list[str]] = mapped_column(JSON)
    areas: Mapped[list[str]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(20))
    cancel_reason: Mapped[str | None] = mapped_column(String(20))
    members: Mapped[int]
    guests: Mapped[int]
    grade: Mapped[int | None]
    worked: Mapped[str | None] = mapped_column(String(1000))
    improve: Mapped[str | None] = mapped_column(String(1000))
    version: Mapped[int]

    @property
    def leader(self) -> dict[str, str] | None:
        """The group that whoever leads it belongs to."""
        return None if self.leader_group is None else {"group": self.leader_group}

    def same_as(self, row: Mapping[str, Any]) -> bool:
        """Whether it was planned by what `row` says."""
        return all(getattr(self, name) == row[name] for name in GIVEN)

    def move(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Set another time; False when it is that one already."""
        if (self.starts_at, self.ends_at) == (starts_at, ends_at):
            return False
        self.check_planned()
        self.starts_at, self.ends_at = starts_at, ends_at
        self.held_on = clock.day_of(starts_at)
        return True

    def hold(self, held_on: date | None) -> bool:
        """It was held on that day, or on the one planned; False when that is known."""
        day = held_on or self.held_on
        if self.status == "cancelled":
            raise Conflict("The activity was cancelled.")
        if day > clock.today():
            raise Invalid("Not yet", {"held_on": ["The day is in the future."]})
        if self.status == "held":
            if day != self.held_on:
                raise Conflict("It was held on another day.")
            return False
        if not clock.day_of(self.starts_at) <= day <= clock.day_of(self.ends_at):
            raise Invalid("Not then", {"held_on": ["It is none of the activity's days."]})
        self.status, self.held_on = "held", day
        return True

    def cancel(self, reason: str) -> bool:
        """It will not be held; False when that was said before, for the same reason."""
        if self.cancel_reason == reason:
            return False
        self.check_planned()
        self.status, self.cancel_reason = "cancelled", reason
        return True

    def evaluate(self, evaluation: Mapping[str, Any]) -> None:
        """Keep the unit's evaluation, once; Conflict unless it was held."""
        if self.status != "held":
            raise Conflict("The activity was not held.")
        if self.grade is None:
            for name, value in evaluation.items():
                setattr(self, name, value)
        elif any(getattr(self, name) != value for name, value in evaluation.items()):
            raise Conflict("It was evaluated before, otherwise.")

    def check_planned(self) -> None:
        """Conflict once it was held or cancelled."""
        if self.status != "planned":
            raise Conflict("The activity was held or cancelled.")


def cancel(session: Session, activity: Activity, reason: str) -> None:
    """Cancel a locked activity; Conflict when it was held, or cancelled for another reason."""
    if activity.cancel(reason):
        publish(session, activity)


def publish(session: Session, activity: Activity) -> None:
    """Tell that a locked activity has changed."""
    activity.version += 1
    if activity.kind == "conference":
        held_on = None if activity.status == "cancelled" else activity.held_on
        conference_years.follow(session, activity.id, held_on)
    outbox.append(session, fact(vars(activity)))


def get(session: Session, activity_id: UUID, *, lock: bool = False) -> Activity:
    """The activity with that id; NotFound if there is none.

    Until the commit nobody else changes a locked one, and those who come stay who they are.
    """
    if lock:
        former_members.hold(session)
    query = select(Activity).where(Activity.id == activity_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such activity.")
    return found


def listed(session: Session, tree: Tree, query: Mapping[str, Any]) -> Page[Activity]:
    """The activities of a unit and all below it, the first day first."""
    found: Select[Activity] = select(Activity)
    if query["unit"] != ROOT:
        found = found.where(Activity.unit.in_(tree.subtree(query["unit"])))
    for name in ("kind", "status"):
        if query[name] is not None:
            found = found.where(getattr(Activity, name) == query[name])
    if query["held_from"] is not None:
        found = found.where(Activity.held_on >= query["held_from"])
    if query["held_to"] is not None:
        found = found.where(Activity.held_on <= query["held_to"])
    return page(session, found, (Activity.held_on, Activity.id), dict(query), ascending=True)


def fact(row: Mapping[str, Any]) -> CampaignFact:
    """What is told of an activity, which `row` has the columns of."""
    return FACTS[row["status"]](
        activity_id=row["id"],
        unit=row["unit"],
        kind=row["kind"],
        mode=row["mode"],
        open=row["open"],
        held_on=row["held_on"],
        members=row["members"],
        guests=row["guests"],
        version=row["version"],
    )
