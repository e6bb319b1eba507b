"""The sessions in which courses are held: planned, changed, cancelled."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, Instant, insert_new
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.training import courses

MODES = ("physical", "remote", "hybrid")
STATUSES = ("planned", "cancelled")
CANCEL_REASONS = ("too_few", "illness", "weather", "premises", "moved", "other")
LONGEST = timedelta(days=400)

FIXED = ("course_id", "unit", "mode")
CHANGEABLE = ("starts_at", "ends_at", "place", "link", "capacity")


class CourseSession(Base):
    """A course held by a unit from a day on; all of that day where no hours are said.

    `place` is the municipality where it is held, by the code of its branch. The version rises
    with each change. Of the grades that it was given, there is the sum and the number.
    """

    __tablename__ = "course_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID]
    unit: Mapped[str] = mapped_column(String(64))
    starts_on: Mapped[date]
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    mode: Mapped[str] = mapped_column(String(20))
    place: Mapped[str | None] = mapped_column(String(64))
    link: Mapped[str | None] = mapped_column(String(500))
    capacity: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20), server_default="planned")
    cancel_reason: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(server_default="1")
    grades: Mapped[int] = mapped_column(server_default="0")
    grade_sum: Mapped[int] = mapped_column(server_default="0")

    @property
    def begun(self) -> bool:
        """Whether it has begun by now."""
        if self.starts_at is None:
            return self.starts_on <= clock.today()
        return self.starts_at <= clock.now()

    @property
    def over(self) -> bool:
        """Whether it has ended by now."""
        if self.ends_at is None:
            return self.starts_on < clock.today()
        return self.ends_at <= clock.now()

    def check_planned(self) -> None:
        """Conflict once it was cancelled."""
        if self.status == "cancelled":
            raise Conflict("The session was cancelled.")

    def same_as(self, row: Mapping[str, Any]) -> bool:
        """Whether it was planned by what `row` says, as far as that is known after a change."""
        names = FIXED if self.version > 1 else (*FIXED, *CHANGEABLE, "starts_on")
        return all(getattr(self, name) == row[name] for name in names)

    def change(self, row: Mapping[str, Any]) -> bool:
        """Take what `row` says; False when it is like that already."""
        if all(getattr(self, name) == value for name, value in row.items()):
            return False
        self.check_planned()
        for name, value in row.items():
            setattr(self, name, value)
        self.version += 1
        return True

    def cancel(self, reason: str) -> bool:
        """It will not be held; False when that was said before, for the same reason."""
        if self.cancel_reason == reason:
            return False
        self.check_planned()
        self.status, self.cancel_reason = "cancelled", reason
        self.version += 1
        return True


def plan(session: Session, tree: Tree, given: Mapping[str, Any]) -> tuple[CourseSession, bool]:
    """Plan a session of a course; answers the stored one, and whether it is new.

    Raises Invalid for an unknown course, a unit, a time or a place that cannot be, Conflict when
    the id is taken.
    """

    def check_new(row: dict[str, Any]) -> None:
        check(tree, row)
        if session.get(courses.Course, row["course_id"]) is None:
            raise Invalid("Unknown course", {"course_id": ["There is no such course."]})

    return create_all(
        [_row(given)],
        check=check_new,
        insert=lambda rows: _insert(session, rows),
        stored=lambda ids: {i: found for i in ids if (found := session.get(CourseSession, i))},
        same=CourseSession.same_as,
    )[0].answer()


def changed(tree: Tree, held: CourseSession, given: Mapping[str, Any]) -> bool:
    """Change a locked session, whatever `given` has; answers whether anything is new.

    Raises Invalid for what cannot be, Conflict when the session was cancelled.
    """
    now = {name: getattr(held, name) for name in (*FIXED, *CHANGEABLE)}
    row = _row({**now, "starts_on": held.starts_on, **given, "id": held.id}, moved=True)
    if held.same_as(row) and all(getattr(held, name) == row[name] for name in CHANGEABLE):
        return False
    check(tree, row)
    return held.change({name: row[name] for name in (*CHANGEABLE, "starts_on")})


def check(tree: Tree, row: Mapping[str, Any]) -> None:
    """Invalid, naming the field, for a session that cannot be."""
    _check_times(row)
    if row["mode"] == "physical" and row["link"] is not None:
        raise Invalid("No link", {"link": ["A physical session has none."]})
    # One for which only the day is known may have it later.
    if row["mode"] != "physical" and row["link"] is None and row["starts_at"] is not None:
        raise Invalid("No link", {"link": ["Say where it is met remotely."]})
    if row["mode"] == "remote" and row["place"] is not None:
        raise Invalid("No place", {"place": ["A remote session has none."]})
    if row["place"] is not None and tree.check_known(row["place"], "place").kind != "branch":
        raise Invalid("No place", {"place": ["Not the code of a municipality."]})
    tree.check_fact(row["unit"], row["starts_on"])


def get(session: Session, session_id: UUID, *, lock: bool = False) -> CourseSession:
    """The session with that id; NotFound if there is none."""
    found = session.get(
        CourseSession, session_id, with_for_update=lock or None, populate_existing=lock
    )
    if found is None:
        raise NotFound("There is no such session.")
    return found


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[CourseSession]:
    """The sessions of a unit and all below it, the first day first."""
    found: Select[CourseSession] = select(CourseSession)
    if query["unit"] != ROOT:
        found = found.where(CourseSession.unit.in_(tree.subtree(query["unit"])))
    if query["course_id"] is not None:
        found = found.where(CourseSession.course_id == query["course_id"])
    if query["from_"] is not None:
        found = found.where(CourseSession.starts_on >= query["from_"])
    key = (CourseSession.starts_on, CourseSession.id)
    return page(session, found, key, query, ascending=True)


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, CourseSession]:
    begins = {"status": "planned", "version": 1, "grades": 0, "grade_sum": 0}
    new = insert_new(session, CourseSession, [{**row, **begins} for row in rows])
    return {key: session.get_one(CourseSession, key) for key in new}


def _row(given: Mapping[str, Any], *, moved: bool = False) -> dict[str, Any]:
    times = {name: given[name] and given[name].astimezone(UTC) for name in CHANGEABLE[:2]}
    starts_on = given["starts_on"]
    if times["starts_at"] is not None and (moved or starts_on is None):
        starts_on = clock.day_of(times["starts_at"])
    rest = {name: given[name] for name in (*FIXED, *CHANGEABLE[2:])}
    return {"id": given["id"] or new_id(), **rest, **times, "starts_on": starts_on}


def _check_times(row: Mapping[str, Any]) -> None:
    starts_at, ends_at = row["starts_at"], row["ends_at"]
    if (starts_at is None) != (ends_at is None):
        missing = "starts_at" if starts_at is None else "ends_at"
        raise Invalid("Half a time", {missing: ["Say both when it starts and when it ends."]})
    if starts_at is None:
        return
    if clock.day_of(starts_at) != row["starts_on"]:
        raise Invalid("Two days", {"starts_on": ["Not the day on which it starts."]})
    if ends_at <= starts_at:
        raise Invalid("Too early", {"ends_at": ["It does not end after it starts."]})
    # By the calendar: a day on which the clocks change is a day as well.
    if clock.day_of(ends_at) - row["starts_on"] > LONGEST:
        raise Invalid("Too long", {"ends_at": [f"It lasts more than {LONGEST.days} days."]})
