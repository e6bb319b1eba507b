"""Membership: the organisation's units, and the members; a module of routes a noun."""

from services.membership.service.duplicates import DuplicateRoutes
from services.membership.service.members import MemberRoutes
from services.membership.service.units import UnitRoutes


class MembershipService(UnitRoutes, MemberRoutes, DuplicateRoutes):
    """All routes and RPC of membership."""

    name = "membership"
