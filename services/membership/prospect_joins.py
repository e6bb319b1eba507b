"""Prospects who become members: each one member's, and a prospect no longer."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, column, select, table, update
from sqlalchemy.orm import Session

from infra.database import locked
from infra.errors import Invalid
from services.membership.prospects import Prospect

# Named here by its columns, since the noun of members stands on this one.
MEMBER = table("member", column("id", Uuid), column("prospect_id", Uuid), column("joined_on"))

Taken = dict[UUID, UUID | None]
"""By prospect, whose it is; None while it is nobody's."""


def named_by(session: Session, requests: Iterable[dict[str, Any]]) -> Taken:
    """The prospects that requests to join name, locked until the commit."""
    wanted = {request["prospect_id"] for request in requests} - {None}
    if not wanted:
        return {}
    # In one order, so that no two batches wait for one another.
    query = select(Prospect.id, Prospect.member_id, Prospect.joined_on)
    ordered = query.where(Prospect.id.in_(wanted)).order_by(Prospect.id)
    found = session.execute(locked(session, ordered))
    # Of a member who is forgotten the prospect is still taken, though nobody knows by whom.
    return {each.id: each.member_id or (each.id if each.joined_on else None) for each in found}


def claim(taken: Taken, request: dict[str, Any]) -> None:
    """Take the prospect that the request names, if it names one.

    Invalid, naming the field, when there is none, or when it is somebody else's.
    """
    wanted = request["prospect_id"]
    if wanted is None:
        return
    if wanted not in taken:
        raise Invalid("Unknown prospect", {"prospect_id": ["There is no such prospect."]})
    if taken[wanted] not in (None, request["id"]):
        raise Invalid("Taken", {"prospect_id": ["The prospect has become another member."]})
    taken[wanted] = request["id"]


def become(session: Session, members: Collection[UUID]) -> None:
    """Those of these new members who were prospects are so no longer.

    What tells who they are goes: they told it anew. Whoever had declined, or was deleted, and
    joins all the same, has joined.
    """
    if not members:
        return
    session.execute(
        update(Prospect)
        .where(MEMBER.c.id.in_(members), MEMBER.c.prospect_id == Prospect.id)
        .values(
            status="joined",
            member_id=MEMBER.c.id,
            joined_on=MEMBER.c.joined_on,
            declined_on=None,
            personal=None,
            email_mark=None,
            phone_mark=None,
        )
        .execution_options(synchronize_session=False)
    )


def follow(session: Session, from_id: UUID, into_id: UUID) -> None:
    """The two members are one person, who goes on as `into_id`."""
    session.execute(update(Prospect).where(Prospect.member_id == from_id).values(member_id=into_id))
