"""Marking those who were members before there were marks: it takes the data keys."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.database import Database, locked, update_all
from services.membership import marks
from services.membership.marks import LIKELY, REFUSING
from services.membership.members import PERSONAL, Member
from services.membership.vault import Vault

CHUNK = 500
"""Members of a transaction."""

FIRST = UUID(int=0)


def count(session: Session) -> int:
    """How many members, present and former, have no mark."""
    return session.scalar(select(func.count()).where(_unmarked())) or 0


def mark(database: Database, vault: Vault) -> Iterator[int]:
    """Mark whoever has none; how many were looked at, a chunk at a time.

    Of two who are the same person one has the marks that refuse; the others are found among the
    probable duplicates. It may be broken off at any moment and begun again.
    """
    after: UUID | None = FIRST
    while after is not None:
        found = _mark_some(database, vault, after)
        yield len(found)
        after = found[-1].id if len(found) == CHUNK else None


def _mark_some(database: Database, vault: Vault, after: UUID) -> Sequence[Row[UUID, bytes]]:
    while True:
        try:
            with database.writing() as session:
                found = session.execute(locked(session, _some(after))).all()
                _give(session, [_marks(vault, *row) for row in found])
            return found
        except IntegrityError:
            # Somebody joined with one of these marks meanwhile, and is known by now.
            continue


def _some(after: UUID) -> Any:
    found = select(Member.id, Member.personal).where(_unmarked(), Member.id > after)
    return found.order_by(Member.id).limit(CHUNK)


def _unmarked() -> ColumnElement[bool]:
    none = (getattr(Member, name).is_(None) for name in REFUSING + LIKELY)
    # Who is merged or erased is to have none.
    return and_(Member.status.in_(("member", "left")), *none)


def _marks(vault: Vault, member_id: UUID, personal: bytes) -> dict[str, Any]:
    told = dict.fromkeys(PERSONAL) | vault.unseal(personal)
    return {"id": member_id, **marks.of(vault, told)}


def _give(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    taken = marks.taken(session, rows)
    for row in rows:
        for name in REFUSING:
            if (name, row[name]) in taken:
                row[name] = None
            else:
                taken.add((name, row[name]))
    update_all(session, Member, rows, *REFUSING, *LIKELY)
