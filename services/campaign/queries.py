"""What campaign is asked to show; reads only."""

from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from infra.paging import Page, page, page_of_rows
from infra.units import ROOT, Tree
from services.campaign.conversations import Conversation

COLUMNS = (
    "id",
    "unit",
    "arena",
    "held_on",
    "count",
    "campaign_id",
    "topics",
    "logged_by",
    "workplace",
    "corrects",
    "logged_at",
    "voided_at",
    "void_reason",
)
"""Of an exported report, in order."""

KEY = (Conversation.held_on, Conversation.id)


def conversations(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Conversation]:
    """The reports of a unit and all below it, newest day first."""
    found = select(Conversation).where(*_wanted(tree, query))
    return page(session, found, KEY, query)


def exported(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Row[Any]]:
    """The same reports in the same order, as rows of `COLUMNS`."""
    columns = [getattr(Conversation, name) for name in COLUMNS]
    found = select(*columns).where(*_wanted(tree, query))
    return page_of_rows(session, found, KEY, query)


def _wanted(tree: Tree, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    wanted = [
        getattr(Conversation, name) == query[name]
        for name in ("arena", "campaign_id")
        if query[name] is not None
    ]
    if query["unit"] != ROOT:
        wanted.append(Conversation.unit.in_(tree.subtree(query["unit"])))
    if query["held_from"] is not None:
        wanted.append(Conversation.held_on >= query["held_from"])
    if query["held_to"] is not None:
        wanted.append(Conversation.held_on <= query["held_to"])
    return wanted
