"""Which branches have gone silent in a campaign; reads only."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.units import ROOT, Tree, Unit
from services.campaign import campaigns
from services.campaign.campaigns import Campaign
from services.campaign.conversations import Conversation


def silent(
    session: Session, tree: Tree, campaign: Campaign, unit: str, days: int
) -> list[dict[str, Any]]:
    """The open branches of a unit without a conversation for `days` days, the most silent first.

    `[{"unit", "name", "since", "days"}]`: `since` is the day of the last conversation, None if
    there never was one; then the days count from the campaign's start. Of a campaign that is over,
    as it was on its last day. Raises Invalid for a unit that the campaign is none of.
    """
    campaigns.check_about(tree, campaign, unit)
    day = min(clock.today(), campaign.last_on or date.max)
    latest = _latest(session, tree, campaign, unit)
    found: list[dict[str, Any]] = []
    for node in tree:
        if node.kind == "branch" and node.open and _is_in(tree, campaign, unit, node.code):
            since = latest.get(node.code)
            quiet = (day - (since or campaign.starts_on)).days
            found.append({"unit": node.code, "name": node.name, "since": since, "days": quiet})
    return _sorted([row for row in found if row["days"] >= days])


def _is_in(tree: Tree, campaign: Campaign, unit: str, code: str) -> bool:
    return campaign.holds_in(tree, code) and tree.within(code, unit)


def _sorted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["since"] is not None, -row["days"], row["unit"]))


def _latest(session: Session, tree: Tree, campaign: Campaign, unit: str) -> dict[str, date]:
    """By unit the day of the last conversation in it or below it."""
    last = (
        select(Conversation.held_on)
        .where(
            Conversation.campaign_id == campaign.id,
            Conversation.unit == Unit.code,
            Conversation.voided_at.is_(None),
        )
        .order_by(Conversation.held_on.desc())
        .limit(1)
        .scalar_subquery()
    )
    # One step into the index a unit, however many conversations there are.
    asked = select(Unit.code, last)
    if unit != ROOT:
        asked = asked.where(Unit.code.in_(tree.subtree(unit)))
    latest: dict[str, date] = {}
    for code, day in session.execute(asked):
        for at in tree.path(code) if day is not None else ():
            latest[at] = max(latest.get(at, day), day)
    return latest
