"""Courses, and which of them is to be completed before another."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, insert_new, take_turn
from infra.errors import Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree

MOST_REQUIRED = 20
MOST_BEFORE = 500
"""Courses that a course requires, and those they require in turn."""

GIVEN = ("kind", "title", "unit")
WANTED = (*GIVEN, "required")
TURN = 20191103
"""Of the locks of the database, the one on what requires what."""


class Course(Base):
    """A course of a kind; `unit` is whose it is. The version rises when what it requires changes.

    A programme, such as the academy, is a course that requires its parts.
    """

    __tablename__ = "course"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(server_default="1")


class Requirement(Base):
    """That a course is to be completed before another."""

    __tablename__ = "course_requirement"

    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"), primary_key=True)
    required_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"), primary_key=True)


def create(session: Session, tree: Tree, given: dict[str, Any]) -> tuple[Course, bool]:
    """Create a course; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none and for courses that it cannot require, Conflict
    when the id is taken.
    """
    row = {"id": given["id"] or new_id(), "version": 1, **{name: given[name] for name in WANTED}}

    def check(row: dict[str, Any]) -> None:
        tree.check_fact(row["unit"], clock.today())
        _check_required(session, row["id"], row["required"])

    def same(course: Course, row: dict[str, Any]) -> bool:
        if any(getattr(course, name) != row[name] for name in GIVEN):
            return False
        # Once they were changed, what it first required is not known any more.
        now = required(session, [course.id])[course.id]
        return course.version > 1 or set(now) == set(row["required"])

    return create_all(
        [row],
        check=check,
        insert=lambda rows: _insert(session, rows),
        stored=lambda ids: {i: found for i in ids if (found := session.get(Course, i))},
        same=same,
    )[0].answer()


def require(session: Session, course: Course, wanted: list[UUID]) -> None:
    """Let a course require these and no others; again changes nothing.

    Raises Invalid for a course that there is not, and for one that requires this one.
    """
    # Two that come to require one another at once would not see it.
    take_turn(session, TURN)
    if set(required(session, [course.id])[course.id]) == set(wanted):
        return
    _check_required(session, course.id, wanted)
    for each in session.scalars(select(Requirement).where(Requirement.course_id == course.id)):
        session.delete(each)
    session.flush()
    _require(session, course.id, wanted)
    course.version += 1


def required(session: Session, course_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The courses that each of these requires itself, in order."""
    found: dict[UUID, list[UUID]] = {course_id: [] for course_id in course_ids}
    query = select(Requirement).where(Requirement.course_id.in_(course_ids))
    for each in session.scalars(query.order_by(Requirement.required_id)):
        found[each.course_id].append(each.required_id)
    return found


def get(session: Session, course_id: UUID, *, lock: bool = False) -> Course:
    """The course with that id; NotFound if there is none."""
    found = session.get(Course, course_id, with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no such course.")
    return found


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Course]:
    """The courses of a unit, of all below it, and of those above, which hold for it as well."""
    found: Select[Course] = select(Course)
    if query["unit"] != ROOT:
        units = {*tree.subtree(query["unit"]), *tree.path(query["unit"])}
        found = found.where(Course.unit.in_(units))
    if query["kind"] is not None:
        found = found.where(Course.kind == query["kind"])
    return page(session, found, (Course.id,), query)


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Course]:
    columns = ("id", "version", *GIVEN)
    new = insert_new(session, Course, [{name: row[name] for name in columns} for row in rows])
    for row in rows:
        if row["id"] in new:
            _require(session, row["id"], row["required"])
    return {key: session.get_one(Course, key) for key in new}


def _check_required(session: Session, course_id: UUID, wanted: list[UUID]) -> None:
    if course_id in wanted:
        raise Invalid("A circle", {"required": ["The course requires itself."]})
    there = set(session.scalars(select(Course.id).where(Course.id.in_(wanted))))
    if set(wanted) - there:
        raise Invalid("Unknown course", {"required": ["There is no such course."]})
    before, next_ = set(wanted), set(wanted)
    while next_:
        found = required(session, next_)
        next_ = {each for some in found.values() for each in some} - before
        before |= next_
        if course_id in before:
            raise Invalid("A circle", {"required": ["One of them requires this course."]})
        if len(before) > MOST_BEFORE:
            raise Invalid("Too many", {"required": [f"They require over {MOST_BEFORE} courses."]})


def _require(session: Session, course_id: UUID, wanted: list[UUID]) -> None:
    rows = [{"course_id": course_id, "required_id": each} for each in wanted]
    insert_new(session, Requirement, rows, "required_id")
