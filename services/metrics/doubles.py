"""The members who turned out to be others: what is told of them is told of those."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, replace_all
from infra.event import Event


class CountedDouble(Base):
    """A member who turned out to be another one."""

    __tablename__ = "counted_double"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    into_id: Mapped[UUID]


def keep(session: Session, merges: Sequence[Event]) -> None:
    """Keep who turned out to be whom; `merges` are member_merged events."""
    into = {merge.data["member_id"]: merge.data["into_id"] for merge in merges}
    rows = [{"member_id": member, "into_id": into_id} for member, into_id in into.items()]
    replace_all(session, CountedDouble, rows, "into_id")


def persons(session: Session, members: Collection[UUID]) -> dict[UUID, UUID]:
    """Who each of these members is in the end: another one, or themselves.

    Of those who are one another, as should never be heard, it is whoever of them comes first.
    """
    known: dict[UUID, UUID] = {}
    asked: set[UUID] = set()
    while new := {*members, *known.values()} - asked:
        query = select(CountedDouble.member_id, CountedDouble.into_id)
        found = session.execute(query.where(CountedDouble.member_id.in_(new)))
        known |= {row.member_id: row.into_id for row in found}
        asked |= new
    return {member: _end(known, member) for member in members}


def _end(known: dict[UUID, UUID], member: UUID) -> UUID:
    path = [member]
    while (into := known.get(path[-1])) is not None:
        if into in path:
            return min(path[path.index(into) :])
        path.append(into)
    return path[-1]
