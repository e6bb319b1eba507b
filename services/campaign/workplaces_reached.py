"""At how many workplaces there were conversations; reads only."""

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.units import Tree
from services.campaign.conversations import Conversation


def in_year(session: Session, tree: Tree, unit: str, year: int) -> dict[str, Any]:
    """`{"unit", "year", "workplaces", "conversations"}` of a unit and all below it.

    How many different workplaces reports of the year name, and the conversations there.
    """
    found = select(Conversation.workplace, func.sum(Conversation.count)).where(
        # Of the party too: by unit and day, the index alone is read.
        Conversation.unit.in_(tree.subtree(unit)),
        Conversation.held_on.between(date(year, 1, 1), date(year, 12, 31)),
        Conversation.workplace.is_not(None),
        Conversation.voided_at.is_(None),
    )
    reached = session.execute(found.group_by(Conversation.workplace)).all()
    return {
        "unit": unit,
        "year": year,
        "workplaces": len(reached),
        "conversations": sum(count for _, count in reached),
    }
