"""Membership: the organisation's units, and the members; a module of routes a noun."""

from services.membership.service.members import MemberRoutes
from services.membership.service.personal import PersonalRoutes
from services.membership.service.units import UnitRoutes


class MembershipService(UnitRoutes, MemberRoutes, PersonalRoutes):
    """All routes and RPC of membership."""

    name = "membership"
