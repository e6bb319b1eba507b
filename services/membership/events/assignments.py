"""What happens to the tasks that members carry."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.shape import UnitCode, between, words
from services.membership.events.fact import MembershipFact

ROLES = (
    "elected_post",
    "welcome_officer",
    "programme_officer",
    "union_leader",
    "union_committee",
    "nominating_committee",
    "mentor",
    "activity_leader",
    "volunteer_organisation",
    "volunteer_campaign",
    "volunteer_administration",
    "local",
)
SPHERES = ("party", "public")

Role = Annotated[str, words(ROLES)]
Sphere = Annotated[str, words(SPHERES)]
Days = Annotated[int, between(0)]


@dataclass(frozen=True)
class AssignmentStarted(MembershipFact, subject="assignment/{assignment_id}"):
    """A member carries a task; the `first` that Samtal has heard of, `days_since_joined`."""

    assignment_id: UUID
    member_id: UUID
    unit: UnitCode
    role: Role
    sphere: Sphere | None
    started_on: date
    first: bool
    days_since_joined: Days


@dataclass(frozen=True)
class AssignmentEnded(MembershipFact, subject="assignment/{assignment_id}"):
    """A member carries a task no longer; `first` and `days_since_joined` are as it started."""

    assignment_id: UUID
    member_id: UUID
    unit: UnitCode
    role: Role
    sphere: Sphere | None
    ended_on: date
    first: bool
    days_since_joined: Days
