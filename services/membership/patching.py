"""Corrections: what a member has told is changed, field by field; the rest stays as it is."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid
from services.membership import days, marks, members, vocabulary
from services.membership.members import MAPPED, PERSONAL, Member, PastMembership
from services.membership.vault import Vault

OPEN = (*MAPPED, "recruited_by", "paid_until")
KNOWN = ("member", "left")
"""Of whom there is something to correct."""


def patch(session: Session, member_id: UUID, changes: dict[str, Any], vault: Vault) -> Member:
    """Set the fields of OPEN and PERSONAL that are in `changes`; answers the member.

    None withdraws what was told. Raises NotFound, Invalid for days that cannot be and for words
    that are not in the vocabulary, Conflict for one who is erased or merged, and Duplicate when
    what is told is another member.
    """
    member = members.get(session, member_id, lock=True)
    if member.status not in KNOWN:
        raise Conflict("There is nobody left to tell anything of.")
    vocabulary.check(session, changes)
    days.check_told(changes, clock.today())
    days.check_paid(changes.get("paid_until"), member.joined_on)
    _check_born(session, member, changes.get("birth_date"))
    for name in OPEN:
        if name in changes:
            setattr(member, name, changes[name])
    _renew(session, member, members.personal(changes), vault)
    return member


def is_personal(changes: dict[str, Any]) -> bool:
    """Whether personal data is among the changes."""
    return any(name in changes for name in PERSONAL)


def _check_born(session: Session, member: Member, born: date | None) -> None:
    if born is None:
        return
    of_member = PastMembership.member_id == member.id
    first = session.scalar(select(func.min(PastMembership.joined_on)).where(of_member))
    if born > (first or member.joined_on):
        raise Invalid("Too late", {"birth_date": ["After the member joined."]})


def _renew(session: Session, member: Member, told: dict[str, Any], vault: Vault) -> None:
    before = vault.unseal(member.personal) if told else {}
    after = before | told
    if after != before:
        marks.renew(session, vault, member.id, after)
        member.personal = vault.seal(after)
