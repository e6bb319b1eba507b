"""The access log: who saw whose personal data, when and why; only ever added to."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Text, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, BigKey, Instant
from infra.paging import Page, page
from services.membership.vault import Vault

WHAT = ("read", "list", "access_log", "export", "patch")


class Access(Base):
    """Somebody saw, or changed, what is personal of a member; the database keeps it as it is.

    `who` is the subject of the token. Once the member is erased, `member_id` tells nothing.
    """

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    member_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(10))


def note(session: Session, *, who: str, member_id: UUID, purpose: str, what: str) -> None:
    """Note one access, in the transaction that makes it possible."""
    note_all(session, who=who, members=[member_id], purpose=purpose, what=what)


def note_all(
    session: Session, *, who: str, members: Collection[UUID], purpose: str, what: str
) -> None:
    """Note an access to each of the members, in one statement."""
    common = {"at": clock.now(), "who": who, "purpose": purpose, "what": what}
    rows = [{"member_id": member_id, **common} for member_id in members]
    if rows:
        session.execute(insert(Access), rows)


def of_member(session: Session, ids: Collection[UUID], query: dict[str, Any]) -> Page[Access]:
    """The accesses to one who is known by these ids, the first one first."""
    found = select(Access).where(Access.member_id.in_(ids))
    return page(session, found, (Access.id,), query, ascending=True)


def held(session: Session, vault: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """All accesses to the member, for an export."""
    found = select(Access).where(Access.member_id == member_id).order_by(Access.id)
    return [
        {"at": row.at, "who": row.who, "purpose": row.purpose, "what": row.what}
        for row in session.scalars(found)
    ]
