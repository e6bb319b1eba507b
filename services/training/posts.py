"""The elected posts that members hold, as training has heard of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new, locked
from infra.event import Event
from services.training.trainees import persons, take_turns

ELECTED = "elected_post"
STARTED = "membership.assignment_started.v1"


class Post(Base):
    """One assignment to an elected post; its start and its end may be heard of in any order."""

    __tablename__ = "post_seen"

    assignment_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    unit: Mapped[str] = mapped_column(String(64))
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    def take(self, event: Event) -> None:
        """Take over what an event tells of it."""
        if event.type == STARTED:
            self.started_on = event.data["started_on"]
        else:
            self.ended_on = event.data["ended_on"]


@dataclass(frozen=True, slots=True)
class Trust:
    """What a person's posts come to: since when they have had any, and where they have one now.

    `unit` is that of the post held longest, or held last; `held` is whether there is one now.
    """

    since: date
    unit: str
    held: bool


def keep(session: Session, events: Iterable[Event]) -> dict[UUID, Event]:
    """Keep the starts and ends of elected posts; answer whose they are, with the last event.

    Whoever turned out to be another member has handed the post on to that one.
    """
    elected = [event for event in events if event.data["role"] == ELECTED]
    members = {event.data["member_id"] for event in elected}
    take_turns(session, members)
    person = persons(session, members)
    take_turns(session, set(person.values()) - members)
    ids = {event.data["assignment_id"]: event for event in elected}
    rows = [_blank(event, person[event.data["member_id"]]) for event in ids.values()]
    insert_new(session, Post, rows, "assignment_id")
    query = select(Post).where(Post.assignment_id.in_(ids)).order_by(Post.assignment_id)
    posts = {post.assignment_id: post for post in session.scalars(locked(session, query))}
    for event in elected:
        posts[event.data["assignment_id"]].take(event)
    session.flush()
    return {person[event.data["member_id"]]: event for event in elected}


def hand_on(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What one member holds, another one does."""
    of_one = Post.member_id == member_id
    session.execute(update(Post).where(of_one).values(member_id=into_id))


def trusts(session: Session, members: Collection[UUID]) -> dict[UUID, Trust]:
    """What the posts of each of these members come to; nothing for who never had one."""
    started = Post.started_on.is_not(None)
    query = select(Post).where(Post.member_id.in_(members), started)
    found: defaultdict[UUID, list[Post]] = defaultdict(list)
    for post in session.scalars(query.order_by(Post.started_on, Post.assignment_id)):
        found[post.member_id].append(post)
    return {member_id: _trust(of_one) for member_id, of_one in found.items()}


def _trust(posts: Sequence[Post]) -> Trust:
    held = [post for post in posts if post.ended_on is None]
    days = [post.started_on for post in posts if post.started_on is not None]
    return Trust(min(days), held[0].unit if held else posts[-1].unit, bool(held))


def _blank(event: Event, member_id: UUID) -> dict[str, object]:
    return {
        "assignment_id": event.data["assignment_id"],
        "member_id": member_id,
        "unit": event.data["unit"],
        "started_on": None,
        "ended_on": None,
    }
