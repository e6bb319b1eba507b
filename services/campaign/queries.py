"""What campaign is asked to show; reads only."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.campaign.conversations import Conversation


def conversations(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Conversation]:
    """The reports of a unit and all below it, newest day first."""
    found: Select[Conversation] = select(Conversation)
    if query["unit"] != ROOT:
        found = found.where(Conversation.unit.in_(tree.subtree(query["unit"])))
    for name in ("arena", "campaign_id"):
        if query[name] is not None:
            found = found.where(getattr(Conversation, name) == query[name])
    if query["held_from"] is not None:
        found = found.where(Conversation.held_on >= query["held_from"])
    if query["held_to"] is not None:
        found = found.where(Conversation.held_on <= query["held_to"])
    return page(session, found, (Conversation.held_on, Conversation.id), query)
