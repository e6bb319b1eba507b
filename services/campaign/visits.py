"""Visits to doors: each kept once, however often and in whatever order a phone sends it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import TAKEN, Outcome, create_all
from infra.database import Base, Instant, insert_new
from infra.errors import Conflict, Invalid, Problem
from infra.identity import new_id
from infra.units import Tree
from services.campaign import conversations, hands, progress
from services.campaign.area_assignments import AreaAssignment
from services.campaign.doors import Call, Doors
from services.campaign.events.visits import VisitsLogged
from services.campaign.households import OUTCOMES, Ground, Household, identity
from services.campaign.progress import Done

Row = dict[str, Any]


class Visit(Base):
    """One visit to a household, in the assignment and so in the round that held its instant.

    Of one that came to a conversation there is a report, whose id follows from the visit's.
    """

    __tablename__ = "visit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey(Household.id))
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey(AreaAssignment.id))
    round: Mapped[int]
    visited_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(20))
    logged_at: Mapped[datetime] = mapped_column(Instant)

    def same_as(self, visit: Row) -> bool:
        """Whether `visit` says what this one says; it need not say the assignment."""
        return (
            self.household_id == visit["household_id"]
            and self.visited_at == visit["visited_at"]
            and self.outcome == visit["outcome"]
            and visit["assignment_id"] in (None, self.assignment_id)
        )


def log(
    session: Session, tree: Tree, grounds: Mapping[UUID, Ground], visit: Row
) -> tuple[Visit, bool]:
    """Log one visit; answers the stored one, and whether it is new. As `log_all`.

    Raises Invalid, naming the field, for a visit that cannot have been; Conflict when the door was
    done in that round, or the id is taken by another visit.
    """
    return log_all(session, tree, grounds, [visit])[0].answer()


def log_all(
    session: Session, tree: Tree, grounds: Mapping[UUID, Ground], visits: Sequence[Row]
) -> list[Outcome[Visit]]:
    """Log many visits, each answered; one sent again is the one that is stored.

    `grounds` are their areas, locked. Each conversation is reported, what is new is published by
    area and day, and counted in the area's rounds.
    """
    rows = [
        {
            **visit,
            "id": visit["id"] or new_id(),
            "household_id": identity(visit["area_id"], visit["household"]),
            "visited_at": visit["visited_at"].astimezone(UTC),
        }
        for visit in visits
    ]
    logging = _Logging(session, tree, grounds)
    return create_all(
        rows,
        check=logging.check,
        insert=logging.insert,
        stored=lambda ids: _stored(session, ids),
        same=Visit.same_as,
    )


class _Logging:
    """What one call logs."""

    def __init__(self, session: Session, tree: Tree, grounds: Mapping[UUID, Ground]) -> None:
        self._session = session
        self._tree = tree
        self._grounds = grounds
        self._assignments = hands.of_areas(session, list(grounds))
        self._now = clock.now()

    def check(self, row: Row) -> None:
        """Invalid, naming the field, unless there can have been such a visit."""
        ground = self._grounds.get(row["area_id"])
        if ground is None:
            raise Invalid("Unknown area", {"area_id": ["There is no such area."]})
        if row["visited_at"] > self._now:
            raise Invalid("Not yet", {"visited_at": ["The instant is in the future."]})
        self._tree.check_fact(ground.unit, clock.day_of(row["visited_at"]), "area_id")
        self._assignment(row)

    def insert(self, rows: list[Row]) -> dict[UUID, Visit | Problem]:
        """Those that are new, or why they cannot be."""
        known = _stored(self._session, {row["id"] for row in rows})
        new = [self._assigned(row) for row in rows if row["id"] not in known]
        if not new:
            return {}
        calls = _calls(self._session, {row["household_id"] for row in new})
        doors = Doors(self._session, self._grounds, new, calls)
        made: dict[UUID, Visit | Problem] = {}
        taken: list[tuple[Row, Done]] = []
        for row in new:
            try:
                taken.append((row, doors.take(row)))
            except Problem as problem:
                made[row["id"]] = problem
        doors.save(self._session)
        progress.add(self._session, [done for _, done in taken])
        return made | self._store([row for row, _ in taken])

    def _store(self, rows: list[Row]) -> dict[UUID, Visit]:
        names = [column.name for column in Visit.__table__.columns]
        stored = [{name: row[name] for name in names} for row in rows]
        if len(insert_new(self._session, Visit, stored)) < len(stored):
            # In another area, at this very moment.
            raise Conflict(TAKEN)
        self._report([row for row in rows if row["outcome"] == "conversation"])
        outbox.append(self._session, *self._facts(rows))
        return {row["id"]: Visit(**row) for row in stored}

    def _report(self, rows: list[Row]) -> None:
        reports = [
            hands.report(
                self._assignment(row),
                clock.day_of(row["visited_at"]),
                uuid5(row["id"], "conversation"),
                1,
            )
            for row in rows
        ]
        for outcome in conversations.log_all(self._session, self._tree, reports):
            outcome.answer()

    def _facts(self, rows: list[Row]) -> list[VisitsLogged]:
        numbers: defaultdict[Any, Counter[str]] = defaultdict(Counter)
        for row in rows:
            numbers[row["area_id"], clock.day_of(row["visited_at"])][row["outcome"]] += 1
        return [
            VisitsLogged(
                area_id, self._grounds[area_id].unit, day, **{name: of[name] for name in OUTCOMES}
            )
            for (area_id, day), of in numbers.items()
        ]

    def _assigned(self, row: Row) -> Row:
        assignment = self._assignment(row)
        where = {"assignment_id": assignment.id, "round": assignment.round}
        return {**row, **where, "logged_at": self._now}

    def _assignment(self, row: Row) -> AreaAssignment:
        of_area = self._assignments.get(row["area_id"], [])
        wanted = row["assignment_id"]
        if wanted is not None:
            of_area = [one for one in of_area if one.id == wanted]
            if not of_area:
                raise _wrong("assignment_id", "The area has no such assignment.")
        found = hands.at(of_area, row["visited_at"])
        if found is None:
            raise _wrong("visited_at", "The area was not assigned at that instant.")
        if found.mode != "visits":
            field = "visited_at" if wanted is None else "assignment_id"
            raise _wrong(field, "The area was assigned for tallies.")
        return found


def _wrong(field: str, why: str) -> Invalid:
    return Invalid("Not in an assignment for visits", {field: [why]})


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Visit]:
    return {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.id.in_(ids)))}


def _calls(session: Session, household_ids: set[UUID]) -> dict[UUID, list[Call]]:
    found: defaultdict[UUID, list[Call]] = defaultdict(list)
    query = select(Visit.household_id, Visit.round, Visit.visited_at, Visit.outcome)
    for row in session.execute(query.where(Visit.household_id.in_(household_ids))):
        found[row.household_id].append(Call(row.round, row.visited_at, row.outcome))
    return found
