"""Tallies: how many doors of an area came to what on a day, where no single visit is kept."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, Instant, insert_new
from infra.errors import Invalid
from infra.identity import new_id
from infra.units import Tree
from services.campaign import conversations, hands, progress
from services.campaign.area_assignments import AreaAssignment
from services.campaign.areas import Area
from services.campaign.events.conversations import MOST
from services.campaign.events.visits import VisitsLogged
from services.campaign.households import OUTCOMES, Ground
from services.campaign.progress import Done

GIVEN = ("area_id", "on", *OUTCOMES)


class Tally(Base):
    """What came of the doors of one day, in an assignment for tallies and so in its round."""

    __tablename__ = "tally"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey(Area.id))
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey(AreaAssignment.id))
    round: Mapped[int]
    on: Mapped[date]
    no_answer: Mapped[int]
    declined: Mapped[int]
    return_later: Mapped[int]
    conversation: Mapped[int]
    logged_at: Mapped[datetime] = mapped_column(Instant)

    def same_as(self, row: dict[str, Any]) -> bool:
        """Whether `row` says what this one says."""
        return all(getattr(self, name) == row[name] for name in GIVEN)


def log(session: Session, tree: Tree, area: Ground, request: dict[str, Any]) -> tuple[Tally, bool]:
    """Log a tally of a locked area; answers the stored one, and whether it is new.

    Its conversations are reported, in parts of MOST. Raises Invalid, naming the field, for a day
    on which the area was not assigned for tallies and for more of anything than it has households;
    Conflict when the id is taken by another tally.
    """
    assignments = hands.of_areas(session, [area.id]).get(area.id, [])
    assignments = [one for one in assignments if one.mode == "tally"]
    return create_all(
        [{**request, "id": request["id"] or new_id(), "area_id": area.id}],
        check=lambda row: _check(tree, area, assignments, row),
        insert=lambda rows: {
            row["id"]: tally
            for row in rows
            if (tally := _insert(session, tree, area, assignments, row)) is not None
        },
        stored=lambda ids: _stored(session, ids),
        same=Tally.same_as,
    )[0].answer()


def _check(
    tree: Tree, area: Ground, assignments: list[AreaAssignment], row: dict[str, Any]
) -> None:
    if row["on"] > clock.today():
        raise Invalid("Not yet", {"on": ["The day is in the future."]})
    tree.check_fact(area.unit, row["on"], "on")
    _assignment(assignments, row["on"])
    many = [name for name in OUTCOMES if row[name] > area.households]
    if many:
        raise Invalid("Too many", {name: ["More than the area has households."] for name in many})


def _insert(
    session: Session,
    tree: Tree,
    area: Ground,
    assignments: list[AreaAssignment],
    row: dict[str, Any],
) -> Tally | None:
    assignment = _assignment(assignments, row["on"])
    where = {"assignment_id": assignment.id, "round": assignment.round}
    stored = {**row, **where, "logged_at": clock.now()}
    if not insert_new(session, Tally, [stored]):
        return None
    numbers = {name: row[name] for name in OUTCOMES}
    _report(session, tree, assignment, row)
    progress.add(session, [_done(area.id, assignment.round, **numbers)])
    outbox.append(session, VisitsLogged(area.id, area.unit, row["on"], **numbers))
    return Tally(**stored)


def _assignment(assignments: list[AreaAssignment], day: date) -> AreaAssignment:
    found = hands.on(assignments, day)
    if found is None:
        raise Invalid("No tallies", {"on": ["The area was not assigned for tallies that day."]})
    return found


def _report(session: Session, tree: Tree, assignment: AreaAssignment, row: dict[str, Any]) -> None:
    left = row["conversation"]
    counts = [min(MOST, left - start) for start in range(0, left, MOST)]
    reports = [
        hands.report(assignment, row["on"], uuid5(row["id"], f"conversation {part}"), count)
        for part, count in enumerate(counts)
    ]
    for outcome in conversations.log_all(session, tree, reports):
        outcome.answer()


def _done(
    area_id: UUID,
    number: int,
    *,
    no_answer: int,
    declined: int,
    return_later: int,
    conversation: int,
) -> Done:
    reached = declined + return_later + conversation
    return Done(area_id, number, no_answer + reached, reached, conversation)


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Tally]:
    return {tally.id: tally for tally in session.scalars(select(Tally).where(Tally.id.in_(ids)))}
