"""The members that training has heard of, when they left, and who of them was another one."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, replace_all


class Trainee(Base):
    """A member: the lock by which what is heard of joins and leaves takes turns."""

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


def keep_doubles(session: Session, members: Iterable[UUID]) -> None:
    """Keep who turned out to be another member, once."""
    rows = [{"member_id": member_id} for member_id in sorted(members)]
    insert_new(session, Double, rows, "member_id")


def doubles(session: Session, members: Collection[UUID]) -> set[UUID]:
    """Those of these members who are known to be others."""
    query = select(Double.member_id).where(Double.member_id.in_(members))
    return set(session.scalars(query))
