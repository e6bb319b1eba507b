"""Campaign: conversations, doors, activities and the yearly wheel; a module of routes a noun."""

from services.campaign.service.calendars import CalendarRoutes
from services.campaign.service.conversations import ConversationRoutes
from services.campaign.service.templates import TemplateRoutes
from services.campaign.service.units import UnitCopies
from services.campaign.service.wheels import WheelRoutes


class CampaignService(
    CalendarRoutes,
    ConversationRoutes,
    TemplateRoutes,
    UnitCopies,
    WheelRoutes,
):
    """All routes, RPC and subscriptions of campaign."""

    name = "campaign"
