"""Erasure: who has left is forgotten, and what is counted of them stays."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import LargeBinary, inspect
from sqlalchemy.orm import Session

from infra import outbox
from infra.errors import Conflict
from services.membership import (
    aliases,
    assignments,
    journeys,
    marks,
    members,
    mentorships,
    panel,
    prospect_keeping,
    willingness,
)
from services.membership.events.members import MemberErased
from services.membership.members import Member

Forget = Callable[[Session, UUID], None]
"""Removes or blanks what tells of a member, and keeps what is counted."""

FORGETTING: tuple[Forget, ...] = (
    # Before the marks, by which it finds who is reached alike.
    prospect_keeping.forget,
    marks.forget,
    assignments.forget,
    mentorships.forget,
    willingness.forget,
    journeys.forget,
    panel.forget,
)
"""What the nouns that hold something of a member do: one line a noun.

Each is called before the member's own row is blanked. The access log is kept, and what it tells
of an erased member is an id.
"""

INDEXES = [
    attribute.key
    for attribute in inspect(Member).column_attrs
    if isinstance(attribute.columns[0].type, LargeBinary) and attribute.key != "personal"
]
"""By which a member is found, or known as the one of a request to join: their other bytes."""


def erase(session: Session, member_id: UUID) -> tuple[Member, bool]:
    """Forget one who has left, and whoever was merged into them; once.

    Answers the member, and whether there was anything to forget. Days, units, source and reason
    stay, for the counts. Raises NotFound, and Conflict while a member.
    """
    # Locked before it is asked who was merged into it: a merge locks both as well.
    member = members.get(session, member_id, lock=True)
    if member.status == "member":
        raise Conflict("A member is not erased: the membership ends first.")
    known = [members.get(session, each, lock=True) for each in aliases.ids(session, member_id)]
    # Of who was merged the digest is left, by which the request to join is known.
    told_of = [each for each in known if each.personal or each.digest]
    for each in told_of:
        _forget(session, each)
    outbox.append(session, *(MemberErased(each.id) for each in told_of))
    return member, bool(told_of)


def _forget(session: Session, member: Member) -> None:
    for forget in FORGETTING:
        forget(session, member.id)
    if member.status == "left":
        member.status = "erased"
    for name in INDEXES:
        setattr(member, name, None)
    member.personal = b""
    member.interests, member.competences = [], []
    member.recruited_by = member.prospect_id = member.paid_until = None
