"""Campaign: conversations, doors, activities and the yearly wheel; a module of routes a noun."""

from services.campaign.service.conferences import ConferenceRoutes
from services.campaign.service.consultations import ConsultationRoutes
from services.campaign.service.conversations import ConversationRoutes
from services.campaign.service.policy_inputs import PolicyInputRoutes
from services.campaign.service.topic_months import TopicMonthRoutes
from services.campaign.service.units import UnitCopies


class CampaignService(
    ConferenceRoutes,
    ConsultationRoutes,
    ConversationRoutes,
    PolicyInputRoutes,
    TopicMonthRoutes,
    UnitCopies,
):
    """All routes, RPC and subscriptions of campaign."""

    name = "campaign"
