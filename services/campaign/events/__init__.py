"""The facts that campaign publishes: a module a noun."""

from services.campaign.events.conversations import ConversationLogged, ConversationVoided

__all__ = ["ConversationLogged", "ConversationVoided"]
