"""Assignments: who carries which task in which unit, from when until when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Select, String, delete, exists, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import outbox
from infra.creation import create_all
from infra.database import Base, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound, Problem
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.membership import carriers, roles, tasks
from services.membership.events.assignments import AssignmentEnded, AssignmentStarted
from services.membership.members import Member
from services.membership.vault import Vault

GIVEN = (
    "member_id",
    "unit",
    "role",
    "title",
    "sphere",
    "area",
    "question",
    "task_id",
    "started_on",
    "mandate_until",
)


class Assignment(Base):
    """A task that a member of the unit, or of one below it, carries from `started_on`.

    It is open until it has an `ended_on`; on that day another may begin with the same post.
    `post` names, within the unit, what one at a time can have; None for what many can.
    `first` tells whether it was the member's first, `days_since_joined` is of its start.
    """

    __tablename__ = "assignment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    unit: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(40))
    title: Mapped[str | None] = mapped_column(String(80))
    sphere: Mapped[str | None] = mapped_column(String(10))
    area: Mapped[str | None] = mapped_column(String(80))
    question: Mapped[str | None] = mapped_column(String(80))
    task_id: Mapped[UUID | None]
    post: Mapped[str | None] = mapped_column(String(255))
    started_on: Mapped[date]
    mandate_until: Mapped[date | None]
    ended_on: Mapped[date | None]
    first: Mapped[bool]
    days_since_joined: Mapped[int]

    def end(self, on: date) -> bool:
        """End it; False when it ended that day already."""
        if self.ended_on == on:
            return False
        if self.ended_on is not None:
            raise Conflict("The assignment has ended, on another day.")
        carriers.check_end(self.started_on, on)
        self.ended_on = on
        return True

    def facts(self) -> dict[str, Any]:
        """What every event about it says."""
        same = ("member_id", "unit", "role", "sphere", "first", "days_since_joined")
        return {"assignment_id": self.id, **{name: getattr(self, name) for name in same}}


def start(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Assignment, bool]:
    """Let a member carry a task; answers the stored assignment, and whether it is new.

    Raises Invalid for a unit, a member, a field or a day that cannot be; Conflict when another
    has the post at that time, or the id is taken.
    """
    return create_all(
        [{**{name: request[name] for name in GIVEN}, "id": request["id"] or new_id()}],
        insert=lambda rows: _insert(session, tree, rows[0]),
        stored=lambda ids: _stored(session, ids),
        same=lambda there, row: all(getattr(there, name) == row[name] for name in GIVEN),
    )[0].answer()


def end(session: Session, assignment_id: UUID, ended_on: date) -> tuple[Assignment, bool]:
    """End an assignment, once; answers it, and whether that was new.

    Raises NotFound, Invalid for a day before it started or in the future, Conflict when it ended
    on another day.
    """
    assignment = get(session, assignment_id, lock=True)
    new = assignment.end(ended_on)
    if new:
        outbox.append(session, _ended(assignment))
    return assignment, new


def end_all(session: Session, assignments: Iterable[Assignment], on: date) -> None:
    """End these open assignments because of what happened to their member that day.

    One that started later ends on the day it started.
    """
    ending = list(assignments)
    for assignment in ending:
        assignment.ended_on = max(on, assignment.started_on)
    outbox.append(session, *map(_ended, ending))


def get(session: Session, assignment_id: UUID, *, lock: bool = False) -> Assignment:
    """The assignment with that id; NotFound if there is none."""
    query = select(Assignment).where(Assignment.id == assignment_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such assignment.")
    return found


def open_of(session: Session, member_id: UUID) -> Sequence[Assignment]:
    """The member's open assignments, locked until the commit."""
    query = (
        select(Assignment)
        .where(Assignment.member_id == member_id, Assignment.ended_on.is_(None))
        .order_by(Assignment.id)
    )
    return session.scalars(locked(session, query)).all()


def close_unit(session: Session, unit: str, on: date) -> None:
    """End the open assignments in a unit that is closed that day."""
    query = select(Assignment).where(Assignment.unit == unit, Assignment.ended_on.is_(None))
    end_all(session, session.scalars(locked(session, query.order_by(Assignment.id))), on)


def first_day(session: Session, member_id: UUID) -> date | None:
    """The day on which the member's first task started, if there was one."""
    query = select(func.min(Assignment.started_on)).where(Assignment.member_id == member_id)
    return session.scalar(query)


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Assignment]:
    """The assignments of a unit and all below it, the last to start first."""
    found: Select[Assignment] = select(Assignment)
    if query["unit"] != ROOT:
        found = found.where(Assignment.unit.in_(tree.subtree(query["unit"])))
    for name in ("role", "member_id"):
        if query[name] is not None:
            found = found.where(getattr(Assignment, name) == query[name])
    if query["open"] is not None:
        is_open = Assignment.ended_on.is_(None)
        found = found.where(is_open if query["open"] else ~is_open)
    return page(session, found, (Assignment.started_on, Assignment.id), query)


def held(session: Session, _: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """What is held of the member's assignments, as JSON can have it."""
    query = select(Assignment).where(Assignment.member_id == member_id)
    found = session.scalars(query.order_by(Assignment.started_on, Assignment.id))
    names = ("id", *GIVEN[1:], "ended_on")
    return [{name: getattr(each, name) for name in names} for each in found]


def forget(session: Session, member_id: UUID) -> None:
    """Keep nothing of which assignments the member had; what was counted stays counted."""
    session.execute(delete(Assignment).where(Assignment.member_id == member_id))


def absorb(session: Session, from_id: UUID, into_id: UUID) -> None:
    """What was of one member is of another; `first` stays as it was published."""
    of_one = Assignment.member_id == from_id
    session.execute(update(Assignment).where(of_one).values(member_id=into_id))


def _insert(
    session: Session, tree: Tree, row: dict[str, Any]
) -> Mapping[UUID, Assignment | Problem]:
    # Of a known id the request is compared alone: what it was checked against may have changed.
    if _stored(session, {row["id"]}):
        return {}
    row = {**row, **_begun(session, _check(session, tree, row), row)}
    if not insert_new(session, Assignment, [row]):
        return {} if _stored(session, {row["id"]}) else {row["id"]: _taken()}
    assignment = session.get_one(Assignment, row["id"])
    started = AssignmentStarted(started_on=assignment.started_on, **assignment.facts())
    outbox.append(session, started)
    return {assignment.id: assignment}


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Assignment]:
    query = select(Assignment).where(Assignment.id.in_(ids))
    return {assignment.id: assignment for assignment in session.scalars(query)}


def _check(session: Session, tree: Tree, row: dict[str, Any]) -> Member:
    roles.check(row)
    carriers.check_place(tree, row["unit"])
    member = carriers.take(session, tree, row["member_id"], row["unit"], "member_id")
    carriers.check_start(member, row["started_on"])
    until = row["mandate_until"]
    if until is not None and until < row["started_on"]:
        raise Invalid("Too early", {"mandate_until": ["Before the assignment starts."]})
    if row["task_id"] is not None:
        tasks.check_of_unit(session, row["task_id"], row["unit"])
    return member


def _begun(session: Session, member: Member, row: dict[str, Any]) -> dict[str, Any]:
    """The columns that are not asked for; Conflict when another has the post at that time."""
    post = roles.post(row)
    rival = exists().where(
        Assignment.id != row["id"],
        Assignment.unit == row["unit"],
        Assignment.post == post,
        or_(Assignment.ended_on.is_(None), Assignment.ended_on > row["started_on"]),
    )
    if post is not None and session.scalar(select(rival)):
        raise _taken()
    earlier = exists().where(Assignment.member_id == member.id)
    return {
        "post": post,
        "first": not session.scalar(select(earlier)),
        "days_since_joined": (row["started_on"] - member.joined_on).days,
    }


def _taken() -> Conflict:
    return Conflict("Another has that post at that time.")


def _ended(assignment: Assignment) -> AssignmentEnded:
    ended_on = assignment.ended_on or assignment.started_on
    return AssignmentEnded(ended_on=ended_on, **assignment.facts())
