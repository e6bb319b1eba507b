"""Membership: the organisation's units, and the members; a module of routes a noun."""

from services.membership.service.commitments import CommitmentRoutes
from services.membership.service.follow_ups import FollowUpRoutes
from services.membership.service.members import MemberRoutes
from services.membership.service.panel import PanelRoutes
from services.membership.service.units import UnitRoutes


class MembershipService(UnitRoutes, MemberRoutes, PanelRoutes, CommitmentRoutes, FollowUpRoutes):
    """All routes and RPC of membership."""

    name = "membership"
