"""Keys to calendars: what a calendar program sends, which can send no token.

A key is for one unit's calendar and names nobody. It is told once, and a hash of it is kept.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, NotFound, Unauthorized
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree

BYTES = 24
"""Of chance in a key."""


class CalendarKey(Base):
    """That whoever has a key may read the calendar of the unit, until it is revoked."""

    __tablename__ = "calendar_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


def make(
    session: Session, tree: Tree, unit: str, key_id: UUID | None
) -> tuple[CalendarKey, str | None]:
    """Make a key to a unit's calendar; answers it with its text, None if it was made before.

    Raises Invalid for a unit that has no calendar, Conflict when the id is another unit's.
    """
    tree.check_fact(unit, clock.today(), "code")
    key = secrets.token_urlsafe(BYTES)
    row = {"id": key_id or new_id(), "unit": unit, "digest": _hash(key), "made_at": clock.now()}
    if insert_new(session, CalendarKey, [row]):
        return CalendarKey(**row), key
    known = session.get_one(CalendarKey, row["id"])
    if known.unit != unit:
        raise Conflict("The id is taken by another key.")
    return known, None


def revoke(session: Session, key_id: UUID) -> CalendarKey:
    """Let a key open nothing any more; again changes nothing. Raises NotFound."""
    found = get(session, key_id, lock=True)
    found.revoked_at = found.revoked_at or clock.now()
    return found


def check(session: Session, key: str, unit: str) -> None:
    """Unauthorized unless the key opens the calendar of the unit."""
    query = select(CalendarKey.unit).where(
        CalendarKey.digest == _hash(key), CalendarKey.revoked_at.is_(None)
    )
    if session.scalar(query) != unit:
        raise Unauthorized("The key does not open this calendar.")


def get(session: Session, key_id: UUID, *, lock: bool = False) -> CalendarKey:
    """The key with that id; NotFound if there is none."""
    query = select(CalendarKey).where(CalendarKey.id == key_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such key.")
    return found


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[CalendarKey]:
    """The keys to the calendars of a unit and all below it, the newest first."""
    found = select(CalendarKey)
    if query["unit"] != ROOT:
        found = found.where(CalendarKey.unit.in_(tree.subtree(query["unit"])))
    return page(session, found, (CalendarKey.made_at, CalendarKey.id), query)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
