"""Wheels: the yearly wheel of activities over a term, in phases; the party's or a district's."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Select, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.campaign.activities import Activity

LEVELS = ("party", "district")
TERM = 48
"""Months that a term has at most."""

AHEAD = 120
"""Months from today within which a term begins."""

GIVEN = ("unit", "title", "starts_on", "ends_on", "phases", "conference_id", "previous_id")


class Wheel(Base):
    """A plan for a unit and all below it, from one day to another; they see it once published.

    `phases` are `{"name", "from_on", "to_on"}` with days as text, in order, none over another.
    `conference_id` is the yearly conference that it came of, `previous_id` the wheel before it.
    """

    __tablename__ = "wheel"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    phases: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    conference_id: Mapped[UUID | None]
    previous_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)

    def same_as(self, row: dict[str, Any]) -> bool:
        """Whether it was made from `row`."""
        return all(getattr(self, name) == row[name] for name in GIVEN)

    def check_window(self, from_on: date, to_on: date) -> None:
        """Invalid, naming the field, unless the window lies within the term."""
        check_span(from_on, to_on, self.starts_on, self.ends_on)

    def check_phase(self, name: str | None) -> None:
        """Invalid unless it has a phase of that name; None is none."""
        if name is not None and name not in {phase["name"] for phase in self.phases}:
            raise Invalid("No such phase", {"phase": ["The wheel has no such phase."]})


def plan(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Wheel, bool]:
    """Plan a wheel; answers the stored one, and whether it is new.

    `request["phases"]` has days. Raises Invalid for a unit, a term, a phase or a conference that
    cannot be, Conflict when the id is taken.
    """
    return create_all(
        [as_row(request)],
        check=partial(check, session, tree),
        insert=partial(insert, session),
        stored=partial(stored, session),
        same=Wheel.same_as,
    )[0].answer()


def as_row(request: dict[str, Any]) -> dict[str, Any]:
    """A request with an id, and its phases as they are stored."""
    phases = [{name: str(value) for name, value in phase.items()} for phase in request["phases"]]
    more = {"id": request["id"] or new_id(), "previous_id": request.get("previous_id")}
    return {**request, **more, "phases": phases}


def check(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    """Invalid, naming the field, unless such a wheel can be."""
    if tree.check_known(row["unit"]).kind not in LEVELS:
        raise Invalid("Not there", {"unit": ["A wheel is the party's or a district's."]})
    tree.check_fact(row["unit"], clock.today())
    _check_term(row["starts_on"], row["ends_on"])
    _check_phases(row)
    if row["conference_id"] is not None:
        of_it = select(Activity.kind).where(Activity.id == row["conference_id"])
        if session.scalar(of_it) != "conference":
            raise Invalid("No conference", {"conference_id": ["There is no such conference."]})


def check_span(from_on: date, to_on: date, first: date, last: date, prefix: str = "") -> None:
    """Invalid, naming `from` or `to` behind `prefix`, unless the days lie in order in the term."""
    if not first <= from_on <= last:
        raise Invalid("Outside", {f"{prefix}from": ["Outside the term."]})
    if not from_on <= to_on <= last:
        raise Invalid("Outside", {f"{prefix}to": ["Before it begins, or outside the term."]})


def get(session: Session, wheel_id: UUID, *, lock: bool = False) -> Wheel:
    """The wheel with that id; NotFound if there is none."""
    query = select(Wheel).where(Wheel.id == wheel_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such wheel.")
    return found


def insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Wheel]:
    """Store what is new; answers it by id."""
    now = clock.now()
    return stored(session, insert_new(session, Wheel, [{**row, "created_at": now} for row in rows]))


def stored(session: Session, ids: set[UUID]) -> dict[UUID, Wheel]:
    """Those of the ids that are there."""
    return {wheel.id: wheel for wheel in session.scalars(select(Wheel).where(Wheel.id.in_(ids)))}


def listed(
    session: Session, tree: Tree, query: dict[str, Any], drafts_of: Sequence[str] | None
) -> Page[Wheel]:
    """The wheels of a unit, of those above and of those below, the last to begin first.

    Those not yet published are shown for the units `drafts_of` alone; None is all.
    """
    found: Select[Wheel] = select(Wheel)
    unit = query["unit"]
    if unit != ROOT:
        found = found.where(Wheel.unit.in_({*tree.path(unit), *tree.subtree(unit)}))
    if drafts_of is not None:
        found = found.where(or_(Wheel.published_at.is_not(None), Wheel.unit.in_(drafts_of)))
    return page(session, found, (Wheel.starts_on, Wheel.id), query)


def _check_term(starts_on: date, ends_on: date) -> None:
    if starts_on > clock.add_months(clock.today(), AHEAD):
        raise Invalid("Too far", {"starts_on": ["More than ten years ahead."]})
    if not starts_on <= ends_on < clock.add_months(starts_on, TERM):
        raise Invalid("No term", {"ends_on": ["A term has four years at most."]})


def _check_phases(row: dict[str, Any]) -> None:
    names: set[str] = set()
    first = row["starts_on"]
    for index, phase in enumerate(row["phases"]):
        from_on, to_on = (date.fromisoformat(phase[name]) for name in ("from_on", "to_on"))
        check_span(from_on, to_on, row["starts_on"], row["ends_on"], f"phases.{index}.")
        if from_on < first:
            raise Invalid("Out of order", {f"phases.{index}.from": ["Within the one before."]})
        if phase["name"] in names:
            raise Invalid("Twice", {f"phases.{index}.name": ["There is another of that name."]})
        names.add(phase["name"])
        first = date.fromordinal(to_on.toordinal() + 1)
