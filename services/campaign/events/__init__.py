"""The facts that campaign publishes: a module a noun."""

from services.campaign.events.conversations import ConversationLogged, ConversationVoided
from services.campaign.events.volunteers import VolunteersCounted

__all__ = ["ConversationLogged", "ConversationVoided", "VolunteersCounted"]
