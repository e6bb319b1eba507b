"""Membership: the organisation, its members and what they carry; a module of routes a noun."""

from services.membership.service.assignments import AssignmentRoutes
from services.membership.service.commitments import CommitmentRoutes
from services.membership.service.duplicates import DuplicateRoutes
from services.membership.service.follow_ups import FollowUpRoutes
from services.membership.service.journeys import JourneyRoutes
from services.membership.service.members import MemberRoutes
from services.membership.service.memberships import MembershipRoutes
from services.membership.service.mentorships import MentorshipRoutes
from services.membership.service.panel import PanelRoutes
from services.membership.service.personal import PersonalRoutes
from services.membership.service.prospects import ProspectRoutes
from services.membership.service.segments import SegmentRoutes
from services.membership.service.tasks import TaskRoutes
from services.membership.service.units import UnitRoutes
from services.membership.service.vocabulary import VocabularyRoutes


class MembershipService(
    UnitRoutes,
    MemberRoutes,
    MembershipRoutes,
    VocabularyRoutes,
    DuplicateRoutes,
    PersonalRoutes,
    ProspectRoutes,
    SegmentRoutes,
    AssignmentRoutes,
    MentorshipRoutes,
    TaskRoutes,
    JourneyRoutes,
    PanelRoutes,
    CommitmentRoutes,
    FollowUpRoutes,
):
    """All routes and RPC of membership."""

    name = "membership"
