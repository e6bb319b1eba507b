"""Campaign: conversations, doors, activities and the yearly wheel; a module of routes a noun."""

from services.campaign.service.conversations import ConversationRoutes
from services.campaign.service.topics import TopicRoutes
from services.campaign.service.units import UnitCopies


class CampaignService(
    ConversationRoutes,
    TopicRoutes,
    UnitCopies,
):
    """All routes, RPC and subscriptions of campaign."""

    name = "campaign"
