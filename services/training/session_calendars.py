"""A session as an entry of its participants' calendars."""

from datetime import date, timedelta

from infra.calendar_text import Occasion, local
from infra.units import Tree
from services.training.courses import Course
from services.training.sessions import CourseSession


def occasion(tree: Tree, held: CourseSession, course: Course) -> Occasion:
    """The session: its hours, or its day, and where it is held."""
    starts: date
    ends: date
    if held.starts_at is not None and held.ends_at is not None:
        starts, ends = local(held.starts_at), local(held.ends_at)
    else:
        # The day after the last, as iCalendar counts.
        starts, ends = held.starts_on, held.starts_on + timedelta(days=1)
    place = tree.get(held.place) if held.place is not None else None
    where = (place.name if place else None, held.link)
    return Occasion(
        uid=f"{held.id}@session.samtal",
        title=course.title,
        starts=starts,
        ends=ends,
        sequence=held.version,
        cancelled=held.status == "cancelled",
        about="\n".join(each for each in where if each) or None,
    )
