"""Membership: the organisation, its members and what they carry; a module of routes a noun."""

from services.membership.service.assignments import AssignmentRoutes
from services.membership.service.journeys import JourneyRoutes
from services.membership.service.members import MemberRoutes
from services.membership.service.mentorships import MentorshipRoutes
from services.membership.service.tasks import TaskRoutes
from services.membership.service.units import UnitRoutes


class MembershipService(
    UnitRoutes, MemberRoutes, AssignmentRoutes, MentorshipRoutes, TaskRoutes, JourneyRoutes
):
    """All routes and RPC of membership."""

    name = "membership"
