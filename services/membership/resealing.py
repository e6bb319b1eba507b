"""Sealing everything anew with the first data key, so that an older one may go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cryptography.fernet import InvalidToken
from sqlalchemy import Select, Table, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.database import Base, Database, locked, update_all
from infra.sealing import Sealer
from services.membership.follow_ups import FollowUp
from services.membership.members import Member
from services.membership.prospects import Prospect
from services.membership.vault import BlindKey

SEALED: tuple[InstrumentedAttribute[Any], ...] = (
    BlindKey.sealed,
    Member.personal,
    Prospect.personal,
    FollowUp.text,
)
"""Every column in which something is sealed: one line each."""

CHUNK = 500
"""Rows of a transaction, so that whoever writes one of them waits a moment only."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a column: how many there were, were sealed anew, and open with no key."""

    column: str
    rows: int
    renewed: int
    unreadable: int


def counts(session: Session) -> dict[str, int]:
    """How many rows each column has in which something is sealed."""
    return {
        column.name: session.scalar(select(func.count()).select_from(column.table)) or 0
        for column in map(_Column, SEALED)
    }


def reseal(database: Database, sealer: Sealer) -> Iterator[Chunk]:
    """Seal with the first key whatever is sealed with another, a chunk at a time.

    What the first key sealed is left as it is, so it may be broken off at any moment and begun
    again, and others may write meanwhile.
    """
    for column in map(_Column, SEALED):
        last: Sequence[Any] | None = None
        while True:
            with database.writing() as session:
                found = session.execute(locked(session, column.after(last))).all()
                chunk = _renew(session, sealer, column, found)
            yield chunk
            if len(found) < CHUNK:
                break
            *last, _ = found[-1]


class _Column:
    """A column with something sealed, and the key of its table."""

    def __init__(self, column: InstrumentedAttribute[Any]) -> None:
        self._model = cast("type[Base]", column.class_)
        self.table = cast("Table", column.class_.__table__)
        self.name = f"{self.table.name}.{column.key}"
        self._sealed = self.table.c[column.key]
        self._key = list(self.table.primary_key)

    def after(self, last: Sequence[Any] | None) -> Select[Any]:
        """Some rows, each its key and what is sealed, in order of the key."""
        query = select(*self._key, self._sealed).order_by(*self._key).limit(CHUNK)
        return query if last is None else query.where(tuple_(*self._key) > tuple_(*last))

    def change(self, session: Session, rows: Sequence[Sequence[Any]]) -> None:
        """Change the rows, each its key and what is sealed now."""
        names = [*(each.name for each in self._key), self._sealed.name]
        changes = [dict(zip(names, row, strict=True)) for row in rows]
        update_all(session, self._model, changes, self._sealed.name)


def _renew(session: Session, sealer: Sealer, column: _Column, found: Sequence[Any]) -> Chunk:
    changes, unreadable = [], 0
    for *key, sealed in found:
        try:
            # What is erased is empty.
            anew = sealer.renewed(sealed) if sealed else sealed
        except InvalidToken:
            unreadable += 1
        else:
            if anew != sealed:
                changes.append((*key, anew))
    column.change(session, changes)
    return Chunk(column.name, len(found), len(changes), unreadable)
