"""Journeys: from joining to the first task, as far as other services tell of it.

Their events may come twice, in any order, and before anything else is known of the member.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from infra.database import Base, replace_all
from infra.event import Event
from services.membership import assignments
from services.membership.members import Member
from services.membership.prospects import Prospect
from services.membership.vault import Vault

STEPS = {"digital_introduction": "introduction", "member_education": "education"}
"""The kinds of training that are steps of the journey."""

Key = tuple[UUID, str]
"""A member, and a kind of training."""


class Journey(Base):
    """What is known of a member's way; `next_due_on` is the nearest day of what is still owed."""

    __tablename__ = "journey"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    next_due_on: Mapped[date | None]
    introduction_completed_on: Mapped[date | None]
    education_completed_on: Mapped[date | None]
    first_activity_on: Mapped[date | None]


class Owed(Base):
    """Training that a member is to be offered, as its newest event says; of the last join."""

    __tablename__ = "journey_owed"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    obligation_id: Mapped[UUID]
    opened_on: Mapped[date]
    version: Mapped[int]
    due_on: Mapped[date | None]
    offered_on: Mapped[date | None]


SAID = ("obligation_id", "opened_on", "version", "due_on", "offered_on")
COMPLETED = {
    "digital_introduction": Journey.introduction_completed_on,
    "member_education": Journey.education_completed_on,
}
FIRST_DAYS = (*COMPLETED.values(), Journey.first_activity_on)


def follow(session: Session, events: Iterable[Event]) -> None:
    """Take over what obligations say, each by its newest event.

    `events` are obligation events, whose data is whole each time.
    """
    said = [event.data for event in events if event.data["kind"] in STEPS]
    gone = _gone(session, {each["member_id"] for each in said})
    _keep(session, [each for each in said if each["member_id"] not in gone])


def complete(session: Session, events: Sequence[Event]) -> None:
    """Take over the first day on which each course was completed; `events` are of completions."""
    for kind, column in COMPLETED.items():
        of_kind = [event.data for event in events if event.data["kind"] == kind]
        _note(session, column, [(each["member_id"], each["completed_on"]) for each in of_kind])


def attend(session: Session, events: Iterable[Event]) -> None:
    """Take over the first day on which each member was at an activity.

    `events` tell of one member at one activity, `held_on` a day.
    """
    days = [(event.data["member_id"], event.data["held_on"]) for event in events]
    _note(session, Journey.first_activity_on, days)


def told(session: Session, member: Member) -> dict[str, Any]:
    """The member's journey: when they were asked, what was owed, offered, completed, and a task."""
    return {
        "member_id": member.id,
        "unit": member.unit,
        "asked_on": _asked_on(session, member),
        "joined_on": member.joined_on,
        "first_task_on": assignments.first_day(session, member.id),
        **steps(session, [member.id])[member.id],
    }


def steps(session: Session, members: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Of each member `{introduction, education, first_activity_on}`.

    The two are `{due_on, offered_on, completed_on}`; what is not known is None.
    """
    owed = _owed(session, members)
    query = select(Journey).where(Journey.member_id.in_(members))
    journeys = {found.member_id: found for found in session.scalars(query)}
    return {member: _steps(member, owed, journeys.get(member)) for member in members}


def held(session: Session, _: Vault, member_id: UUID) -> list[dict[str, Any]]:
    """What is held of the member's journey."""
    found = steps(session, [member_id])[member_id]
    return [found] if any(found.values()) else []


def forget(session: Session, member_id: UUID) -> None:
    """Keep nothing of the member's journey."""
    for model in (Journey, Owed):
        session.execute(delete(model).where(model.member_id == member_id))


def absorb(session: Session, from_id: UUID, into_id: UUID) -> None:
    """What one person did under two ids is of one: the first days, and the last join's training."""
    _keep(session, [{**each, "member_id": into_id} for each in _owed(session, [from_id]).values()])
    days = session.execute(select(*FIRST_DAYS).where(Journey.member_id == from_id)).one_or_none()
    for column, day in zip(FIRST_DAYS, days or (), strict=False):
        if day is not None:
            _note(session, column, [(into_id, day)])
    forget(session, from_id)


def _asked_on(session: Session, member: Member) -> date | None:
    return session.scalar(select(Prospect.asked_on).where(Prospect.id == member.prospect_id))


def _keep(session: Session, said: Sequence[Mapping[str, Any]]) -> None:
    members = {each["member_id"] for each in said}
    _take_turns(session, members)
    owed = _owed(session, members)
    changed: set[Key] = set()
    for each in said:
        key = (each["member_id"], each["kind"])
        if key not in owed or _age(owed[key]) < _age(each):
            owed[key] = {name: each[name] for name in ("member_id", "kind", *SAID)}
            changed.add(key)
    replace_all(session, Owed, [owed[key] for key in changed], *SAID)
    rows = [{"member_id": key, "next_due_on": day} for key, day in _nearest(owed).items()]
    replace_all(session, Journey, rows, "next_due_on")


def _age(said: Mapping[str, Any]) -> tuple[date, str, int]:
    """By which of two the greater is newer; two that opened on one day take some order."""
    return said["opened_on"], str(said["obligation_id"]), said["version"]


def _nearest(owed: Mapping[Key, Mapping[str, Any]]) -> dict[UUID, date | None]:
    found: dict[UUID, date | None] = dict.fromkeys(member for member, _ in owed)
    for (member, _), each in owed.items():
        due, nearest = each["due_on"], found[member]
        if each["offered_on"] is None and due is not None:
            found[member] = due if nearest is None else min(due, nearest)
    return found


def _note(
    session: Session, column: InstrumentedAttribute[date | None], days: Iterable[tuple[UUID, date]]
) -> None:
    """Set a first day of each of these members, unless an earlier one is known."""
    given: dict[UUID, date] = {}
    for member, day in days:
        given[member] = min(day, given.get(member, day))
    for member in _gone(session, given):
        del given[member]
    _take_turns(session, given)
    query = select(Journey.member_id, column).where(Journey.member_id.in_(given))
    known = {member: day for member, day in session.execute(query) if day is not None}
    earlier = {m: day for m, day in given.items() if m not in known or day < known[m]}
    rows = [{"member_id": member, column.key: day} for member, day in earlier.items()]
    replace_all(session, Journey, rows, column.key)


def _take_turns(session: Session, members: Collection[UUID]) -> None:
    """Hold these journeys until the commit: what is read of them is still so when it is written."""
    replace_all(session, Journey, [{"member_id": member} for member in members], "member_id")


def _gone(session: Session, members: Collection[UUID]) -> set[UUID]:
    """Those of these members of whom nothing is to be kept any more."""
    if not members:
        return set()
    gone = Member.status.in_(("erased", "merged"))
    return set(session.scalars(select(Member.id).where(Member.id.in_(members), gone)))


def _owed(session: Session, members: Collection[UUID]) -> dict[Key, dict[str, Any]]:
    columns = [getattr(Owed, name) for name in ("member_id", "kind", *SAID)]
    rows = session.execute(select(*columns).where(Owed.member_id.in_(members))).mappings()
    return {(row["member_id"], row["kind"]): dict(row) for row in rows}


def _steps(member: UUID, owed: Mapping[Key, Any], journey: Journey | None) -> dict[str, Any]:
    found: dict[str, Any] = {"first_activity_on": journey and journey.first_activity_on}
    for kind, step in STEPS.items():
        said = owed.get((member, kind))
        days = {name: said and said[name] for name in ("due_on", "offered_on")}
        days["completed_on"] = journey and getattr(journey, COMPLETED[kind].key)
        found[step] = days if any(days.values()) else None
    return found
