"""Asks: who asked which prospect to become a member, when, and what came of it."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.creation import TAKEN
from infra.database import Base, insert_new
from infra.errors import Conflict
from infra.identity import new_id
from services.membership import prospects
from services.membership.events.prospects import ProspectAsked

TOLD = ("prospect_id", "asked_on", "by", "answer")


class Ask(Base):
    """One ask of a prospect of a unit; `by` is an opaque reference to whoever asked."""

    __tablename__ = "prospect_ask"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    prospect_id: Mapped[UUID] = mapped_column(ForeignKey("prospect.id"))
    unit: Mapped[str] = mapped_column(String(64))
    asked_on: Mapped[date]
    by: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(String(10))


def ask(session: Session, prospect_id: UUID, request: dict[str, Any]) -> tuple[Ask, bool]:
    """Record that somebody asked the prospect; answers the ask, and whether it is new.

    An answer `declined` ends it; `joined` is a word given, which a join with the prospect's id
    keeps. Raises NotFound, Invalid for a day in the future or before the consent, and Conflict
    for a prospect who has joined or declined, or when the id is taken by another ask.
    """
    prospect = prospects.get(session, prospect_id, lock=True)
    told = {**request, "prospect_id": prospect_id}
    known = session.get(Ask, request["id"]) if request["id"] else None
    if known is not None:
        if any(getattr(known, name) != told[name] for name in TOLD):
            raise Conflict(TAKEN)
        return known, False
    prospect.ask(request["asked_on"], request["answer"])
    row = {**told, "id": request["id"] or new_id(), "unit": prospect.unit}
    if not insert_new(session, Ask, [row]):
        raise Conflict(TAKEN)
    outbox.append(session, ProspectAsked(prospect.id, prospect.unit, request["asked_on"]))
    return Ask(**row), True
