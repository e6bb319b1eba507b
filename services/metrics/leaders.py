"""Leader education: of the people who hold an elected post, how many it was offered to.

A stock: whoever holds a post on a day counts there and then, as `leader_education.due`, and from
the day on which it was offered as `leader_education.on_time` too, since no deadline is stated.
Somebody with several posts counts once, where the one of them held longest is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, locked
from infra.event import Event
from services.metrics import assignments, doubles
from services.metrics.assignments import CountedAssignment
from services.metrics.counters import Increment, undone

EDUCATION = "leader_education"
ELECTED = "elected_post"
CANCELLED = "training.obligation_cancelled.v1"
DUE, OFFERED = f"{EDUCATION}.due", f"{EDUCATION}.on_time"


class CountedOffer(Base):
    """What is known last of a leader's obligation: the day on which the education was offered."""

    __tablename__ = "counted_offer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    version: Mapped[int]
    offered_on: Mapped[date | None]

    def take(self, event: Event) -> None:
        """Take over what an event tells of it, unless more is known already."""
        if event.data["version"] > self.version:
            self.version = event.data["version"]
            self.offered_on = None if event.type == CANCELLED else event.data["offered_on"]


class Post(NamedTuple):
    """An elected post, held until `ended_on` or until now; in order, the first is held longest."""

    started_on: date
    id: UUID
    unit: str
    ended_on: date | None

    def held(self, day: date) -> bool:
        """Whether it is held on that day."""
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)


def take_posts(session: Session, events: Sequence[Event]) -> list[Increment]:
    """Take over who holds which post, in any order; answer what changes in the counters."""
    told = [event for event in events if event.data["role"] == ELECTED]
    if not told:
        return []
    assignments.take_turns(session)
    person = doubles.persons(session, {event.data["member_id"] for event in told})
    people = {*person.values(), *_holders(session, told)}
    before = counted(session, people)
    assignments.keep(session, told, person)
    return [*undone(before), *counted(session, people)]


def take_offers(session: Session, events: Sequence[Event]) -> list[Increment]:
    """Take over what was offered, in any order; answer what changes in the counters."""
    told = [event for event in events if event.data["kind"] == EDUCATION]
    if not told:
        return []
    assignments.take_turns(session)
    people = {event.data["member_id"] for event in told}
    before = counted(session, people)
    _keep(session, told)
    return [*undone(before), *counted(session, people)]


def take_merges(session: Session, merges: Sequence[Event]) -> list[Increment]:
    """The posts of who turned out to be another are that one's; what was offered to them is not."""
    assignments.take_turns(session)
    doubles.keep(session, merges)
    person = doubles.persons(session, {merge.data["member_id"] for merge in merges})
    people = {*person, *person.values()}
    before = counted(session, people)
    holder = CountedAssignment.member_id
    theirs = update(CountedAssignment).where(holder.in_(person))
    session.execute(theirs.values(member_id=case(person, value=holder)))
    return [*undone(before), *counted(session, people)]


def counted(session: Session, people: Collection[UUID]) -> list[Increment]:
    """What these people add."""
    offered: dict[UUID, date] = {}
    query = select(CountedOffer.member_id, CountedOffer.offered_on)
    for member_id, day in session.execute(query.where(CountedOffer.member_id.in_(people))):
        if day is not None:
            offered[member_id] = min(day, offered.get(member_id, day))
    return [
        increment
        for member_id, posts in _posts(session, people).items()
        for increment in _increments(sorted(posts), offered.get(member_id))
    ]


def _increments(posts: Sequence[Post], offered_on: date | None) -> Iterator[Increment]:
    days = [offered_on, *(day for post in posts for day in (post.started_on, post.ended_on))]
    was: list[tuple[str, str]] = []
    for day in sorted({day for day in days if day is not None}):
        unit = next((post.unit for post in posts if post.held(day)), None)
        now = [] if unit is None else [(unit, DUE)]
        if unit is not None and offered_on is not None and offered_on <= day:
            now.append((unit, OFFERED))
        yield from (Increment(*place, day, -1) for place in was)
        yield from (Increment(*place, day, 1) for place in now)
        was = now


def _posts(session: Session, people: Collection[UUID]) -> dict[UUID, list[Post]]:
    found: dict[UUID, list[Post]] = defaultdict(list)
    query = select(
        CountedAssignment.member_id,
        CountedAssignment.started_on,
        CountedAssignment.id,
        CountedAssignment.unit,
        CountedAssignment.ended_on,
    ).where(CountedAssignment.member_id.in_(people))
    for member_id, started_on, key, unit, ended_on in session.execute(query):
        if member_id is not None and started_on is not None:
            found[member_id].append(Post(started_on, key, unit, ended_on))
    return found


def _holders(session: Session, told: Sequence[Event]) -> set[UUID]:
    """Whose the posts are by what was heard of them before."""
    ids = {event.data["assignment_id"] for event in told}
    query = select(CountedAssignment.member_id).where(CountedAssignment.id.in_(ids))
    return {member_id for member_id in session.scalars(query) if member_id is not None}


def _keep(session: Session, told: Sequence[Event]) -> None:
    data = {event.data["obligation_id"]: event.data for event in told}
    rows = [
        {"id": key, "member_id": each["member_id"], "version": 0, "offered_on": None}
        for key, each in data.items()
    ]
    insert_new(session, CountedOffer, rows)
    query = select(CountedOffer).where(CountedOffer.id.in_(data)).order_by(CountedOffer.id)
    kept = {offer.id: offer for offer in session.scalars(locked(session, query))}
    for event in told:
        kept[event.data["obligation_id"]].take(event)
    session.flush()
