"""The facts that campaign publishes: a module a noun."""

from services.campaign.events.conversations import ConversationLogged, ConversationVoided
from services.campaign.events.visits import VisitsLogged

__all__ = ["ConversationLogged", "ConversationVoided", "VisitsLogged"]
