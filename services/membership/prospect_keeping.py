"""How long what is known of a prospect is kept, and what is kept of a member's own.

A prospect's row stays, for the funnel: a unit, a source and some days tell of nobody.
"""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra import clock
from services.membership import recruiting
from services.membership.asks import Ask
from services.membership.prospects import DELETED, Prospect
from services.membership.vault import Vault

UNJOINED = ("registered", "asked", "declined")
FORGOTTEN: dict[str, Any] = {
    "consent_at": None,
    "interests": [],
    "conversation_id": None,
    "activity_id": None,
    "answer": None,
    "member_id": None,
    "personal": None,
    "digest": None,
    "email_mark": None,
    "phone_mark": None,
}


def delete_old(session: Session, before: date, limit: int = 500) -> int:
    """Delete up to `limit` prospects who were last asked, or registered, before that day.

    Answers how many. Each is deleted once; of several replicas at work, none waits for another.
    """
    found = (
        select(Prospect.id)
        .where(Prospect.status.in_(UNJOINED), Prospect.heard_on < before)
        .order_by(Prospect.heard_on, Prospect.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    old = session.scalars(found).all()
    _forget(session, old, status=DELETED)
    return len(old)


def forget(session: Session, member_id: UUID) -> None:
    """Nothing tells any more which prospect became that member, or of what they told then.

    A prospect who is reached in the same way is deleted: with the member's marks gone, the list of
    whom to ask would not know any more that they are to be left out.
    """
    of_member = select(Prospect.id).where(Prospect.member_id == member_id)
    _forget(session, session.scalars(of_member).all())
    alike = select(Prospect.id).where(recruiting.is_reached_as(member_id))
    _forget(session, session.scalars(alike).all(), status=DELETED)


def held(session: Session, _vault: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """What is held of a member from before the join, as JSON can hold it; nothing of it sealed."""
    found = session.scalars(select(Prospect).where(Prospect.member_id == member_id)).all()
    return [_held(session, prospect) for prospect in found]


def _held(session: Session, prospect: Prospect) -> dict[str, Any]:
    asks = session.scalars(select(Ask).where(Ask.prospect_id == prospect.id).order_by(Ask.asked_on))
    ids = {name: getattr(prospect, name) for name in ("id", "conversation_id", "activity_id")}
    consent = prospect.consent_at
    return {
        "kind": "prospect",
        **{name: None if value is None else str(value) for name, value in ids.items()},
        "unit": prospect.unit,
        "source": prospect.source,
        "consent_at": None if consent is None else clock.rfc3339(consent),
        "interests": prospect.interests,
        "asks": [{"asked_on": each.asked_on.isoformat(), "answer": each.answer} for each in asks],
    }


def _forget(session: Session, prospects: Collection[UUID], **more: Any) -> None:
    session.execute(
        update(Prospect)
        .where(Prospect.id.in_(prospects))
        .values(**FORGOTTEN, **more)
        .execution_options(synchronize_session=False)
    )
