"""Membership: the organisation's units, and the members; a module of routes a noun."""

from services.membership.service.members import MemberRoutes
from services.membership.service.prospects import ProspectRoutes
from services.membership.service.segments import SegmentRoutes
from services.membership.service.units import UnitRoutes


class MembershipService(UnitRoutes, MemberRoutes, ProspectRoutes, SegmentRoutes):
    """All routes and RPC of membership."""

    name = "membership"
