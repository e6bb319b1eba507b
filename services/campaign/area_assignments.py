"""Who has an area, until when: one at a time, and by itself free again after that.

Whoever changes who has an area holds its row first, then that of the assignment.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Select, String, exists, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, Problem
from infra.identity import new_id
from infra.units import Tree
from services.campaign.areas import Area
from services.campaign.events.areas import AreaAssigned, AreaExpiring, AreaReleased

LONGEST = timedelta(days=90)
REMINDED_BEFORE = timedelta(hours=24)
"""Of whoever has an area for a shorter time it is told at once that the time is short."""

SHORTEST_REMINDED = timedelta(hours=1)
"""Nobody is reminded of what began a moment ago."""

RELEASE_REASONS = ("done", "unfinished", "mistake")
FORGOTTEN = "forgotten"
"""In place of an assignee who was erased."""

ASKED = ("assignee", "until", "mode")


class AreaAssignment(Base):
    """An area in the hands of `assignee`, an opaque reference, from `assigned_at` to `until`.

    It holds the area until it is ended or `until` has come, whichever is first, whether or not
    anybody has put down `ended_at` yet. An expired one has ended at its `until`.
    """

    __tablename__ = "area_assignment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey(Area.id))
    unit: Mapped[str] = mapped_column(String(64))
    assignee: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(10))
    round: Mapped[int]
    assigned_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    remind_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    end_reason: Mapped[str | None] = mapped_column(String(10))
    release_reason: Mapped[str | None] = mapped_column(String(20))

    def holds(self, now: datetime) -> bool:
        """Whether the area is theirs still."""
        return self.ended_at is None and self.until > now

    def facts(self) -> dict[str, Any]:
        """What all events of it tell."""
        names = ("area_id", "unit", "mode", "round")
        return {"assignment_id": self.id, **{name: getattr(self, name) for name in names}}


def assign(
    session: Session,
    tree: Tree,
    area: Area,
    request: dict[str, Any],
    alike: Sequence[str] = ("area_id", *ASKED),
) -> tuple[AreaAssignment, bool]:
    """Give somebody the area, in its round; answers the stored assignment, and whether it is new.

    The area is locked. A request with the id of one that is there is the same in the fields of
    `alike`. Raises Invalid for an `until` that is past or further than LONGEST away, Conflict
    while somebody else has the area, or when the id is taken.
    """
    now = clock.now()
    row = {
        **{name: request[name] for name in ASKED},
        "id": request["id"] or new_id(),
        "area_id": area.id,
        "unit": area.unit,
        "round": area.round,
    }
    return create_all(
        [row],
        check=lambda row: check(tree, now, row),
        insert=lambda rows: _insert(session, now, rows[0]) if rows else {},
        stored=lambda ids: _stored(session, ids),
        same=lambda there, row: same(there, row, alike),
    )[0].answer()


def check(tree: Tree, now: datetime, request: dict[str, Any]) -> None:
    """Invalid, naming the field, unless a thing of the `unit` can be had `until` then."""
    tree.check_fact(request["unit"], clock.day_of(now))
    if request["until"] <= now:
        raise Invalid("Too early", {"until": ["The instant is past."]})
    if request["until"] - now > LONGEST:
        raise Invalid("Too late", {"until": [f"More than {LONGEST.days} days away."]})


def same(there: AreaAssignment, request: dict[str, Any], alike: Sequence[str]) -> bool:
    """Whether `request` is the one that the assignment was made from, in these fields."""
    return all(getattr(there, name) == request[name] for name in alike)


def release(session: Session, area: Area, request: dict[str, Any]) -> tuple[AreaAssignment, bool]:
    """Give the area back before its time, once; answers the assignment, and whether that was new.

    The area is locked. The assignment is the one of `assignment_id`, or else the area's last.
    Raises Invalid when the area has no such assignment, Conflict when nobody ever had it, or when
    the assignment expired or was released for another reason.
    """
    found, reason, now = _meant(session, area.id, request), request["reason"], clock.now()
    if found.holds(now):
        found.release_reason = reason
        end(session, [found], "released", now)
        return found, True
    if found.end_reason != "released":
        raise Conflict("The assignment had expired: the area is free.")
    if found.release_reason != reason:
        raise Conflict("The area was released before, for another reason.")
    return found, False


def end(
    session: Session, found: Sequence[AreaAssignment], reason: str, now: datetime | None = None
) -> None:
    """End these, which are locked, and say so: released `now`, or expired at their `until`."""
    for each in found:
        each.ended_at, each.end_reason, each.remind_at = now or each.until, reason, None
    outbox.append(session, *(AreaReleased(**each.facts(), reason=reason) for each in found))


def current(session: Session, area_id: UUID) -> AreaAssignment | None:
    """Who has the area now, if anybody has."""
    query = select(AreaAssignment).where(AreaAssignment.area_id == area_id, is_held(clock.now()))
    return session.scalars(query).one_or_none()


def at(session: Session, area_id: UUID, instant: datetime) -> AreaAssignment | None:
    """Who had the area at `instant`, if anybody had; ended since or not."""
    # SQLite compares texts, which are in UTC.
    instant = instant.astimezone(UTC)
    query = select(AreaAssignment).where(
        AreaAssignment.area_id == area_id,
        AreaAssignment.assigned_at <= instant,
        func.coalesce(AreaAssignment.ended_at, AreaAssignment.until) > instant,
    )
    # Two, where the clocks of two replicas differ: the later one is meant.
    return session.scalars(query.order_by(AreaAssignment.assigned_at.desc()).limit(1)).one_or_none()


def held(holder: AreaAssignment) -> Conflict:
    """The refusal while somebody has the area: until when, and not who."""
    return Conflict(f"Somebody has the area until {clock.rfc3339(holder.until)}.")


def is_held(now: datetime) -> ColumnElement[bool]:
    """Of assignments: whether they hold their area."""
    return AreaAssignment.ended_at.is_(None) & (AreaAssignment.until > now)


def is_free(now: datetime) -> ColumnElement[bool]:
    """Of areas: whether nobody has them."""
    return ~exists().where(AreaAssignment.area_id == Area.id, is_held(now))


def forget(session: Session, member_ids: Collection[UUID]) -> None:
    """Keep no reference to these members, who are erased; what they have is released."""
    theirs = AreaAssignment.assignee.in_(sorted(map(str, member_ids)))
    query = select(AreaAssignment).where(theirs).order_by(AreaAssignment.id)
    found, now = session.scalars(locked(session, query)).all(), clock.now()
    for each in found:
        each.assignee = FORGOTTEN
    end(session, [each for each in found if each.holds(now)], "released", now)


def take_over(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What one member had is the other's, who turned out to be the same."""
    theirs = update(AreaAssignment).where(AreaAssignment.assignee == str(member_id))
    session.execute(theirs.values(assignee=str(into_id)))


def _insert(
    session: Session, now: datetime, row: dict[str, Any]
) -> dict[UUID, AreaAssignment | Problem]:
    if session.get(AreaAssignment, row["id"]) is not None:
        return {}
    last = session.scalars(locked(session, _open(row["area_id"]))).one_or_none()
    if last is not None and last.holds(now):
        return {row["id"]: held(last)}
    if last is not None:
        end(session, [last], "expired")
    until = row["until"].astimezone(UTC)
    row = {**row, "assigned_at": now, "until": until, "remind_at": _remind_at(now, until)}
    new = [AreaAssignment(**row) for _ in insert_new(session, AreaAssignment, [row])]
    for each in new:
        outbox.append(session, AreaAssigned(**each.facts(), until=until))
        if each.remind_at is None and until - now >= SHORTEST_REMINDED:
            outbox.append(session, AreaExpiring(**each.facts(), until=until))
    return {each.id: each for each in new}


def _remind_at(now: datetime, until: datetime) -> datetime | None:
    """When to remind of the end; None where that is at once, or not at all."""
    remind_at = until - REMINDED_BEFORE
    return remind_at if remind_at > now else None


def _open(area_id: UUID) -> Select[AreaAssignment]:
    return select(AreaAssignment).where(
        AreaAssignment.area_id == area_id, AreaAssignment.ended_at.is_(None)
    )


def _meant(session: Session, area_id: UUID, request: dict[str, Any]) -> AreaAssignment:
    query = select(AreaAssignment).where(AreaAssignment.area_id == area_id)
    named = request["assignment_id"]
    if named is not None:
        query = query.where(AreaAssignment.id == named)
    query = query.order_by(AreaAssignment.assigned_at.desc()).limit(1)
    found = session.scalars(locked(session, query)).one_or_none()
    if found is not None:
        return found
    if named is None:
        raise Conflict("Nobody has had the area.")
    raise Invalid("Unknown assignment", {"assignment_id": ["The area has no such assignment."]})


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, AreaAssignment]:
    query = select(AreaAssignment).where(AreaAssignment.id.in_(ids))
    return {each.id: each for each in session.scalars(query)}
