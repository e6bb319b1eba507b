"""The facts that campaign publishes: a module a noun."""

from services.campaign.events.activities import (
    ActivityAttended,
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
)
from services.campaign.events.conversations import ConversationLogged, ConversationVoided

__all__ = [
    "ActivityAttended",
    "ActivityCancelled",
    "ActivityHeld",
    "ActivityPlanned",
    "ConversationLogged",
    "ConversationVoided",
]
