"""How far a campaign is in a unit and one level below it; reads only."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.units import ROOT, Node, Tree
from services.campaign import campaigns, goals
from services.campaign.campaigns import Campaign
from services.campaign.conversations import Conversation
from services.campaign.participation import UNNAMED, Participation


def of_unit(session: Session, tree: Tree, campaign: Campaign, unit: str) -> dict[str, Any]:
    """What a unit, with all below it, has reached.

    `{"campaign_id", "unit", "name", "target", "conversations", "share", "volunteers",
    "workplaces", "children": [{"unit", "name", "target", "conversations", "share"}]}`.
    `volunteers` and `workplaces` are how many different ones there are; `share` is above 1 once
    the target is passed, None without one. Raises Invalid for a unit that the campaign is none of.
    """
    campaigns.check_about(tree, campaign, unit)
    sums = _sums(session, tree, campaign, unit)
    shown = [tree.check_known(unit), *_children(tree, campaign, unit, sums)]
    targets = goals.of_units(session, campaign.id, [node.code for node in shown])
    own, *below = [_reached(node, sums[node.code], targets.get(node.code)) for node in shown]
    return {
        "campaign_id": campaign.id,
        **own,
        "volunteers": _volunteers(session, tree, campaign, unit),
        "workplaces": _workplaces(session, tree, campaign, unit),
        "children": below,
    }


def _children(tree: Tree, campaign: Campaign, unit: str, sums: Counter[str]) -> list[Node]:
    nodes = [tree.check_known(code) for code in tree.children(unit)]
    return [
        node
        for node in nodes
        if node.kind != "side_organisation"
        and (node.open or sums[node.code])
        and (campaign.holds_in(tree, node.code) or tree.within(campaign.unit, node.code))
    ]


def _reached(node: Node, conversations: int, target: int | None) -> dict[str, Any]:
    return {
        "unit": node.code,
        "name": node.name,
        "target": target,
        "conversations": conversations,
        "share": None if target is None else conversations / target,
    }


def _sums(session: Session, tree: Tree, campaign: Campaign, unit: str) -> Counter[str]:
    """By unit the conversations of it and all below it."""
    found = select(Participation.unit, func.sum(Participation.conversations)).where(
        Participation.campaign_id == campaign.id, *_below(tree, unit, Participation.unit)
    )
    sums: Counter[str] = Counter()
    for code, count in session.execute(found.group_by(Participation.unit)):
        sums.update(dict.fromkeys(tree.path(code), count))
    return sums


def _volunteers(session: Session, tree: Tree, campaign: Campaign, unit: str) -> int:
    found = select(Participation.volunteer).where(
        Participation.campaign_id == campaign.id,
        Participation.volunteer != UNNAMED,
        Participation.conversations > 0,
        *_below(tree, unit, Participation.unit),
    )
    # Distinct first, then counted: PostgreSQL sorts for a count of distinct texts.
    return session.scalar(select(func.count()).select_from(found.distinct().subquery())) or 0


def _workplaces(session: Session, tree: Tree, campaign: Campaign, unit: str) -> int:
    found = select(Conversation.workplace).where(
        Conversation.campaign_id == campaign.id,
        Conversation.workplace.is_not(None),
        Conversation.voided_at.is_(None),
        *_below(tree, unit, Conversation.unit),
    )
    return session.scalar(select(func.count()).select_from(found.distinct().subquery())) or 0


def _below(tree: Tree, unit: str, column: InstrumentedAttribute[str]) -> list[ColumnElement[bool]]:
    return [] if unit == ROOT else [column.in_(tree.subtree(unit))]
