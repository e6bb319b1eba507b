"""The members that training has heard of: their leaves, their moves, and who was another one."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, replace_all


class Trainee(Base):
    """A member: the lock by which what is heard of them takes turns."""

    __tablename__ = "trainee"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)


class Leave(Base):
    """A leave that was heard of, kept because its join may be heard of later."""

    __tablename__ = "leave_seen"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    left_on: Mapped[date] = mapped_column(primary_key=True)


class Double(Base):
    """A member who turned out to be another one, kept because the join may be heard of later."""

    __tablename__ = "double_seen"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Not known of those merged before training asked for it.
    into_id: Mapped[UUID | None]


class Move(Base):
    """A transfer that was heard of; of two on one day the one with the later position counts."""

    __tablename__ = "move_seen"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    moved_on: Mapped[date] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    to_unit: Mapped[str] = mapped_column(String(64))


def take_turns(session: Session, members: Collection[UUID]) -> None:
    """Hold these members until the commit.

    Without it, a join and its leave in two replicas at once would not see one another.
    """
    rows = [{"member_id": member_id} for member_id in sorted(members)]
    replace_all(session, Trainee, rows, "member_id")


def keep_leaves(session: Session, leaves: Iterable[tuple[UUID, date]]) -> None:
    """Keep who left on which day, once."""
    rows = [{"member_id": member_id, "left_on": left_on} for member_id, left_on in sorted(leaves)]
    insert_new(session, Leave, rows, "member_id")


def left_days(session: Session, members: Collection[UUID]) -> defaultdict[UUID, list[date]]:
    """The days on which these members are known to have left."""
    found: defaultdict[UUID, list[date]] = defaultdict(list)
    for leave in session.scalars(select(Leave).where(Leave.member_id.in_(members))):
        found[leave.member_id].append(leave.left_on)
    return found


def keep_moves(session: Session, moves: Iterable[dict[str, Any]]) -> None:
    """Keep transfers, `{member_id, moved_on, position, to_unit}`, each once."""
    insert_new(session, Move, list(moves), "member_id")


def moves(session: Session, members: Collection[UUID]) -> defaultdict[UUID, list[Move]]:
    """The transfers that are known of these members, in the order in which they happened."""
    query = select(Move).where(Move.member_id.in_(members)).order_by(Move.moved_on, Move.position)
    found: defaultdict[UUID, list[Move]] = defaultdict(list)
    for move in session.scalars(query):
        found[move.member_id].append(move)
    return found


def keep_doubles(session: Session, merges: Iterable[tuple[UUID, UUID]]) -> None:
    """Keep who turned out to be which other member, once."""
    rows = [{"member_id": double, "into_id": into_id} for double, into_id in sorted(merges)]
    replace_all(session, Double, rows, "into_id")


def doubles(session: Session, members: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Those of these members who are known to be others, and whom."""
    query = select(Double).where(Double.member_id.in_(members))
    return {double.member_id: double.into_id for double in session.scalars(query)}


def persons(session: Session, members: Collection[UUID]) -> dict[UUID, UUID]:
    """Who each of these members is in the end: another one, or themselves.

    Of those who are one another, as should never be heard, each stays as far as that is known.
    """
    found = {member_id: member_id for member_id in members}
    seen = {member_id: {member_id} for member_id in found}
    open_ = set(found)
    while open_:
        into = doubles(session, {found[member_id] for member_id in open_})
        nearer = {member_id: into.get(found[member_id]) for member_id in open_}
        further = {m: other for m, other in nearer.items() if other and other not in seen[m]}
        found.update(further)
        for member_id, other in further.items():
            seen[member_id].add(other)
        open_ = set(further)
    return found
