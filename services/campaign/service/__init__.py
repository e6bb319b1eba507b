"""Campaign: conversations, doors, activities and the yearly wheel; a module of routes a noun."""

from services.campaign.service.areas import AreaRoutes
from services.campaign.service.conversations import ConversationRoutes
from services.campaign.service.units import UnitCopies


class CampaignService(
    ConversationRoutes,
    AreaRoutes,
    UnitCopies,
):
    """All routes, RPC and subscriptions of campaign."""

    name = "campaign"
