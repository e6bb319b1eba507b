"""Courses, the sessions in which they are held, and who completed them."""

from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.training.events import CourseCompleted
from services.training.obligations import meet_all, of_members
from services.training.offers import latest
from services.training.trainees import left_days

MODES = ("physical", "remote", "hybrid")


class Course(Base):
    """A course of a kind; `unit` is whose it is."""

    __tablename__ = "course"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(64))


class CourseSession(Base):
    """A course held by a unit from a day on."""

    __tablename__ = "course_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID]
    unit: Mapped[str] = mapped_column(String(64))
    starts_on: Mapped[date]
    mode: Mapped[str] = mapped_column(String(20))


class Completion(Base):
    """A member completed a course; once, however many of its sessions they took part in."""

    __tablename__ = "completion"
    __table_args__ = (UniqueConstraint("member_id", "course_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    course_id: Mapped[UUID]
    session_id: Mapped[UUID]
    completed_on: Mapped[date]


Thing = TypeVar("Thing", Course, CourseSession)


def create(session: Session, tree: Tree, given: dict[str, Any]) -> tuple[Course, bool]:
    """Create a course; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none, Conflict when the id is taken.
    """
    tree.check_fact(given["unit"], clock.today())
    return _store(session, Course, given)


def plan(session: Session, tree: Tree, given: dict[str, Any]) -> tuple[CourseSession, bool]:
    """Plan a session of a course; answers the stored one, and whether it is new.

    Raises Invalid for an unknown course or a unit that can have none on that day, Conflict when
    the id is taken.
    """
    tree.check_fact(given["unit"], given["starts_on"])
    if session.get(Course, given["course_id"]) is None:
        raise Invalid("Unknown course", {"course_id": ["There is no such course."]})
    return _store(session, CourseSession, given)


def complete(
    session: Session, held: CourseSession, given: dict[str, Any]
) -> tuple[Completion, bool]:
    """A member completed the course in the session `held`; counted once per member and course.

    Meets the obligation of the course's kind if nobody recorded an offer. A member of whom
    training knows nothing is taken as well: of members from before Samtal there may be no join.
    Raises Invalid for a day in the future or before the session starts, Conflict when the member
    completed the course before on another day or in another session, or the id is taken.
    """
    if given["completed_on"] > clock.today():
        raise Invalid("Not yet", {"completed_on": ["The day is in the future."]})
    if given["completed_on"] < held.starts_on:
        raise Invalid("Too early", {"completed_on": ["The day is before the session starts."]})
    row = {
        "id": given["id"] or new_id(),
        "member_id": given["member_id"],
        "course_id": held.course_id,
        "session_id": held.id,
        "completed_on": given["completed_on"],
    }
    new = bool(insert_new(session, Completion, [row]))
    completion = _stored_completion(session, row, by_client=given["id"] is not None)
    if new:
        _publish(session, held, completion)
    return completion, new


def get_session(session: Session, session_id: UUID) -> CourseSession:
    """The session with that id; NotFound if there is none."""
    found = session.get(CourseSession, session_id)
    if found is None:
        raise NotFound("There is no such session.")
    return found


def _store(session: Session, model: type[Thing], given: dict[str, Any]) -> tuple[Thing, bool]:
    row = {**given, "id": given["id"] or new_id()}
    new = bool(insert_new(session, model, [row]))
    stored = session.get_one(model, row["id"])
    if any(getattr(stored, name) != value for name, value in row.items()):
        raise Conflict("The id is taken by another one.")
    return stored, new


def _stored_completion(session: Session, row: dict[str, Any], *, by_client: bool) -> Completion:
    same_course = (Completion.member_id == row["member_id"]) & (
        Completion.course_id == row["course_id"]
    )
    query = select(Completion).where(or_(Completion.id == row["id"], same_course))
    for stored in session.scalars(query):
        same = all(
            getattr(stored, name) == value
            for name, value in row.items()
            if name != "id" or by_client
        )
        if same:
            return stored
    raise Conflict("The member completed this course before, or the id is taken.")


def _publish(session: Session, held: CourseSession, completion: Completion) -> None:
    kind = session.get_one(Course, held.course_id).kind
    fact = CourseCompleted(
        session_id=held.id,
        course_id=held.course_id,
        kind=kind,
        member_id=completion.member_id,
        unit=held.unit,
        completed_on=completion.completed_on,
    )
    outbox.append(session, fact)
    member_id, day = completion.member_id, completion.completed_on
    of_kind = [each for each in of_members(session, [member_id])[member_id] if each.kind == kind]
    owed = latest(of_kind, left_days(session, [member_id])[member_id], day)
    if owed is not None:
        meet_all(session, [(owed, day)])
