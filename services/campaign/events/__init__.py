"""The facts that campaign publishes: a module a noun."""

from services.campaign.events.areas import AreaAssigned, AreaExpiring, AreaReleased
from services.campaign.events.conversations import ConversationLogged, ConversationVoided
from services.campaign.events.visits import VisitsLogged

__all__ = [
    "AreaAssigned",
    "AreaExpiring",
    "AreaReleased",
    "ConversationLogged",
    "ConversationVoided",
    "VisitsLogged",
]
