"""Campaign: conversations, doors, activities and the yearly wheel; a module of routes a noun."""

from services.campaign.service.campaigns import CampaignRoutes
from services.campaign.service.conversations import ConversationRoutes
from services.campaign.service.units import UnitCopies
from services.campaign.service.volunteers import VolunteerCounts
from services.campaign.service.workplaces import WorkplaceRoutes


class CampaignService(
    CampaignRoutes,
    ConversationRoutes,
    UnitCopies,
    VolunteerCounts,
    WorkplaceRoutes,
):
    """All routes, RPC and subscriptions of campaign."""

    name = "campaign"
