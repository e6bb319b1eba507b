"""Campaign: conversations, doors, activities and the yearly wheel; a module of routes a noun."""

from services.campaign.service.activities import ActivityRoutes
from services.campaign.service.activity_kinds import ActivityKindRoutes
from services.campaign.service.areas import AreaRoutes
from services.campaign.service.calendars import CalendarRoutes
from services.campaign.service.campaigns import CampaignRoutes
from services.campaign.service.conferences import ConferenceRoutes
from services.campaign.service.consultations import ConsultationRoutes
from services.campaign.service.conversations import ConversationRoutes
from services.campaign.service.households import HouseholdRoutes
from services.campaign.service.people import PeopleEvents
from services.campaign.service.policy_inputs import PolicyInputRoutes
from services.campaign.service.signups import SignupRoutes
from services.campaign.service.templates import TemplateRoutes
from services.campaign.service.topic_months import TopicMonthRoutes
from services.campaign.service.topics import TopicRoutes
from services.campaign.service.units import UnitCopies
from services.campaign.service.visits import VisitRoutes
from services.campaign.service.volunteers import VolunteerCounts
from services.campaign.service.wheels import WheelRoutes
from services.campaign.service.workplaces import WorkplaceRoutes


class CampaignService(
    ActivityRoutes,
    ActivityKindRoutes,
    AreaRoutes,
    CalendarRoutes,
    CampaignRoutes,
    ConferenceRoutes,
    ConsultationRoutes,
    ConversationRoutes,
    HouseholdRoutes,
    PeopleEvents,
    PolicyInputRoutes,
    SignupRoutes,
    TemplateRoutes,
    TopicMonthRoutes,
    TopicRoutes,
    UnitCopies,
    VisitRoutes,
    VolunteerCounts,
    WheelRoutes,
    WorkplaceRoutes,
):
    """All routes, RPC and subscriptions of campaign."""

    name = "campaign"
