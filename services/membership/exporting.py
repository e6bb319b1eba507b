"""Everything that is held of one person, for that person to have."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, inspect, select
from sqlalchemy.orm import Session

from infra.database import Base
from services.membership import (
    access_log,
    aliases,
    assignments,
    journeys,
    members,
    mentorships,
    panel,
    prospect_keeping,
    willingness,
)
from services.membership.members import Member, PastMembership
from services.membership.transfers import Transfer
from services.membership.vault import Vault

Held = Callable[[Session, Vault, UUID], list[dict[str, Any]]]
"""Answers, as JSON can hold it, what a noun holds of a member."""


def past_memberships(session: Session, vault: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """The memberships before the present, or the last one."""
    query = select(PastMembership).where(PastMembership.member_id == member_id)
    return [_columns(row) for row in session.scalars(query.order_by(PastMembership.number))]


def transfers(session: Session, vault: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """The moves between units."""
    query = select(Transfer).where(Transfer.member_id == member_id)
    return [_columns(row) for row in session.scalars(query.order_by(Transfer.id))]


HELD: Mapping[str, Held] = {
    "past_memberships": past_memberships,
    "transfers": transfers,
    "prospects": prospect_keeping.held,
    "assignments": assignments.held,
    "mentorships": mentorships.held,
    "willingness": willingness.held,
    "journey": journeys.held,
    "panel": panel.held,
    "access_log": access_log.held,
}
"""Who holds something of a member besides the member: one line a noun."""


def export(session: Session, vault: Vault, member_id: UUID) -> dict[str, Any]:
    """All that is held of the member and of those merged into it.

    `{member: {…, personal: {…}}, merged: [members alike], …}` and a list for each name in HELD.
    Raises NotFound.
    """
    known = aliases.ids(session, member_id)
    whole = [_whole(vault, members.get(session, each)) for each in known]
    lists = {
        name: [row for each in known for row in held(session, vault, each)]
        for name, held in HELD.items()
    }
    return {"member": whole[0], "merged": whole[1:], **lists}


def _whole(vault: Vault, member: Member) -> dict[str, Any]:
    return {**_columns(member), "personal": members.opened(vault, member)}


def _columns(row: Base) -> dict[str, Any]:
    """Everything but bytes: they are sealed, or an index that tells nothing but to us."""
    return {
        attribute.key: getattr(row, attribute.key)
        for attribute in inspect(type(row)).column_attrs
        if not isinstance(attribute.columns[0].type, LargeBinary)
    }
