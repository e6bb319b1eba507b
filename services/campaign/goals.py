"""A campaign's own goals: how many conversations a unit sets out to have in it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, replace_all
from infra.errors import Invalid
from infra.units import Tree
from services.campaign.campaigns import Campaign

MOST = 1_000_000_000


class CampaignGoal(Base):
    """The conversations that a unit, with all below it, is to have in a campaign."""

    __tablename__ = "campaign_goal"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    target: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(Instant)


def put(session: Session, tree: Tree, campaign: Campaign, unit: str, target: int) -> dict[str, Any]:
    """Set a unit's goal in a campaign; the same again changes nothing that is seen.

    Answers `{"campaign_id", "unit", "target"}`. Raises Invalid for a unit that can have none or
    that the campaign is none of.
    """
    tree.check_fact(unit, clock.today())
    if not campaign.holds_in(tree, unit):
        raise Invalid("Not there", {"unit": ["The campaign is none of that unit."]})
    row = {"campaign_id": campaign.id, "unit": unit, "target": target}
    replace_all(session, CampaignGoal, [{**row, "set_at": clock.now()}], "target", "set_at")
    return row


def of_units(session: Session, campaign_id: UUID, units: Iterable[str]) -> dict[str, int]:
    """The targets of those units that have one."""
    found = select(CampaignGoal.unit, CampaignGoal.target).where(
        CampaignGoal.campaign_id == campaign_id, CampaignGoal.unit.in_(list(units))
    )
    return {row.unit: row.target for row in session.execute(found)}
