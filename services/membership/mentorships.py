"""Mentorships: a member who is a mentor beside one who is newer; of both, ids alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Select, String, delete, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound, Problem
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.membership import carriers
from services.membership.assignments import Assignment
from services.membership.events.mentorships import MentorshipEnded, MentorshipStarted
from services.membership.vault import Vault

GIVEN = ("mentor_id", "mentee_id", "unit", "started_on")


class Mentorship(Base):
    """One who holds the role of mentor in the unit or above it, and one who belongs there.

    It is open until it has an `ended_on`; a mentee has one open mentorship at a time.
    """

    __tablename__ = "mentorship"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    mentor_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    mentee_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    unit: Mapped[str] = mapped_column(String(64))
    started_on: Mapped[date]
    ended_on: Mapped[date | None]

    def end(self, on: date) -> bool:
        """End it; False when it ended that day already."""
        if self.ended_on == on:
            return False
        if self.ended_on is not None:
            raise Conflict("The mentorship has ended, on another day.")
        carriers.check_end(self.started_on, on)
        self.ended_on = on
        return True


def start(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Mentorship, bool]:
    """Give a member a mentor; answers the stored mentorship, and whether it is new.

    Raises Invalid for a unit, one of the two or a day that cannot be; Conflict when the mentee
    has a mentor at that time, or the id is taken.
    """
    return create_all(
        [{**{name: request[name] for name in GIVEN}, "id": request["id"] or new_id()}],
        insert=lambda rows: _insert(session, tree, rows[0]),
        stored=lambda ids: _stored(session, ids),
        same=lambda there, row: all(getattr(there, name) == row[name] for name in GIVEN),
    )[0].answer()


def end(session: Session, mentorship_id: UUID, ended_on: date) -> tuple[Mentorship, bool]:
    """End a mentorship, once; answers it, and whether that was new.

    Raises NotFound, Invalid for a day before it started or in the future, Conflict when it ended
    on another day.
    """
    mentorship = get(session, mentorship_id, lock=True)
    new = mentorship.end(ended_on)
    if new:
        outbox.append(session, _ended(mentorship))
    return mentorship, new


def end_all(session: Session, mentorships: Iterable[Mentorship], on: date) -> None:
    """End these open mentorships because one of the two left that day.

    One that started later ends on the day it started.
    """
    ending = list(mentorships)
    for mentorship in ending:
        mentorship.ended_on = max(on, mentorship.started_on)
    outbox.append(session, *map(_ended, ending))


def get(session: Session, mentorship_id: UUID, *, lock: bool = False) -> Mentorship:
    """The mentorship with that id; NotFound if there is none."""
    query = select(Mentorship).where(Mentorship.id == mentorship_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such mentorship.")
    return found


def open_of(session: Session, member_id: UUID) -> Sequence[Mentorship]:
    """The open mentorships in which the member is either of the two, locked until the commit."""
    query = select(Mentorship).where(_has(member_id), Mentorship.ended_on.is_(None))
    return session.scalars(locked(session, query.order_by(Mentorship.id))).all()


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Mentorship]:
    """The mentorships of a unit and all below it, the last to start first."""
    found: Select[Mentorship] = select(Mentorship)
    if query["unit"] != ROOT:
        found = found.where(Mentorship.unit.in_(tree.subtree(query["unit"])))
    if query["member_id"] is not None:
        found = found.where(_has(query["member_id"]))
    if query["open"] is not None:
        is_open = Mentorship.ended_on.is_(None)
        found = found.where(is_open if query["open"] else ~is_open)
    return page(session, found, (Mentorship.started_on, Mentorship.id), query)


def held(session: Session, _: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """What is held of the member's mentorships, without who the other one is."""
    query = select(Mentorship).where(_has(member_id)).order_by(Mentorship.started_on, Mentorship.id)
    return [
        {
            "id": found.id,
            "as": "mentor" if found.mentor_id == member_id else "mentee",
            "unit": found.unit,
            "started_on": found.started_on,
            "ended_on": found.ended_on,
        }
        for found in session.scalars(query)
    ]


def forget(session: Session, member_id: UUID) -> None:
    """Keep none of the member's mentorships; what was counted stays counted."""
    session.execute(delete(Mentorship).where(_has(member_id)))


def absorb(session: Session, from_id: UUID, into_id: UUID) -> None:
    """What was of one member is of another.

    One in which both were the same person ends, and so does one by which the mentee would have
    two mentors.
    """
    query = select(Mentorship).where(or_(_has(from_id), _has(into_id))).order_by(Mentorship.id)
    found = session.scalars(locked(session, query)).all()
    mentored = any(each.mentee_id == into_id and each.ended_on is None for each in found)
    double = [
        each
        for each in found
        if each.ended_on is None
        and (
            {each.mentor_id, each.mentee_id} == {from_id, into_id}
            or (mentored and each.mentee_id == from_id)
        )
    ]
    end_all(session, double, clock.today())
    for each in found:
        each.mentor_id = into_id if each.mentor_id == from_id else each.mentor_id
        each.mentee_id = into_id if each.mentee_id == from_id else each.mentee_id


def _insert(
    session: Session, tree: Tree, row: dict[str, Any]
) -> Mapping[UUID, Mentorship | Problem]:
    # Of a known id the request is compared alone: what it was checked against may have changed.
    if _stored(session, {row["id"]}):
        return {}
    _check(session, tree, row)
    if not insert_new(session, Mentorship, [row]):
        return {} if _stored(session, {row["id"]}) else {row["id"]: _taken()}
    outbox.append(session, MentorshipStarted(row["id"], row["unit"], row["started_on"]))
    return _stored(session, {row["id"]})


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Mentorship]:
    query = select(Mentorship).where(Mentorship.id.in_(ids))
    return {mentorship.id: mentorship for mentorship in session.scalars(query)}


def _check(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    if row["mentor_id"] == row["mentee_id"]:
        raise Invalid("Not oneself", {"mentor_id": ["Nobody is their own mentor."]})
    carriers.check_place(tree, row["unit"])
    places = {"mentor_id": ROOT, "mentee_id": row["unit"]}
    # By id, so that two at once who lock the same two wait for one another in turn.
    for field in sorted(places, key=lambda field: str(row[field])):
        member = carriers.take(session, tree, row[field], places[field], field)
        carriers.check_start(member, row["started_on"])
    _check_mentor(session, tree, row)
    rival = exists().where(
        Mentorship.id != row["id"],
        Mentorship.mentee_id == row["mentee_id"],
        or_(Mentorship.ended_on.is_(None), Mentorship.ended_on > row["started_on"]),
    )
    if session.scalar(select(rival)):
        raise _taken()


def _check_mentor(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    """Invalid unless the mentor has held that role there, or above, since the day or before."""
    mentor = exists().where(
        Assignment.member_id == row["mentor_id"],
        Assignment.role == "mentor",
        Assignment.unit.in_(tree.path(row["unit"])),
        Assignment.started_on <= row["started_on"],
        Assignment.ended_on.is_(None),
    )
    if not session.scalar(select(mentor)):
        raise Invalid("No mentor", {"mentor_id": ["They were no mentor there by that day."]})


def _has(member_id: UUID) -> ColumnElement[bool]:
    return or_(Mentorship.mentor_id == member_id, Mentorship.mentee_id == member_id)


def _taken() -> Conflict:
    return Conflict("The mentee has a mentor at that time.")


def _ended(mentorship: Mentorship) -> MentorshipEnded:
    ended_on = mentorship.ended_on or mentorship.started_on
    return MentorshipEnded(mentorship.id, mentorship.unit, ended_on)
