"""What the tests hear from membership, and what they find that training says."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from infra.outbox import OutboxRow
from services.training import hearing, opening
from services.training.obligations import Obligation

INTRODUCTION = "digital_introduction"
EDUCATION = "member_education"
MEMBER = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")


def heard(
    kind: str,
    data: dict[str, Any],
    time: str = "2026-03-01T12:00:00.000000Z",
    position: int = 1,
) -> Event:
    """An event of membership."""
    return Event(
        id=uuid4(),
        source="membership",
        type=f"membership.{kind}.v1",
        time=time,
        data=data,
        position=position,
        epoch="one",
        correlation_id="the-request",
    )


def registered(code: str, kind: str, parent: str | None, *, is_open: bool = True) -> Event:
    """A unit as it was registered."""
    return heard(
        "unit_registered",
        {
            "code": code,
            "name": code.title(),
            "kind": kind,
            "parent": parent,
            "population": None,
            "open": is_open,
            "version": 1,
            "valid_from": date(2015, 1, 1),
        },
    )


def joined(
    joined_on: date,
    member_id: UUID = MEMBER,
    *,
    unit: str = "1280",
    source: str = "digital",
    previous_left_on: date | None = None,
    time: str = "2026-03-01T12:00:00.000000Z",
) -> Event:
    """A join, or a rejoin."""
    return heard(
        "member_joined",
        {
            "member_id": member_id,
            "unit": unit,
            "joined_on": joined_on,
            "source": source,
            "previous_left_on": previous_left_on,
        },
        time,
    )


def left(left_on: date, member_id: UUID = MEMBER) -> Event:
    """A leave."""
    return heard("member_left", {"member_id": member_id, "left_on": left_on})


def merged(member_id: UUID = MEMBER, into_id: UUID = OTHER) -> Event:
    """A member turned out to be another one."""
    return heard("member_merged", {"member_id": member_id, "into_id": into_id})


def transferred(on: date, to_unit: str, member_id: UUID = MEMBER, *, position: int = 1) -> Event:
    """A transfer."""
    data = {"member_id": member_id, "to_unit": to_unit, "on": on}
    return heard("member_transferred", data, position=position)


def elected(
    started_on: date,
    assignment_id: UUID,
    member_id: UUID = MEMBER,
    *,
    unit: str = "1280",
    role: str = "elected_post",
) -> Event:
    """An assignment started."""
    about = {"assignment_id": assignment_id, "member_id": member_id, "unit": unit, "role": role}
    return heard("assignment_started", {**about, "started_on": started_on})


def resigned(
    ended_on: date,
    assignment_id: UUID,
    member_id: UUID = MEMBER,
    *,
    unit: str = "1280",
    role: str = "elected_post",
) -> Event:
    """An assignment ended."""
    about = {"assignment_id": assignment_id, "member_id": member_id, "unit": unit, "role": role}
    return heard("assignment_ended", {**about, "ended_on": ended_on})


def deliver(session: Session, events: Sequence[Event]) -> None:
    """Hand a batch over as the subscription does: by handler, each type apart."""
    for handler, kinds in HANDLERS:
        batch = [event for event in events if event.type.split(".")[1] in kinds]
        if batch:
            handler(session, batch)


HANDLERS: list[tuple[Callable[[Session, list[Event]], None], tuple[str, ...]]] = [
    (opening.open_all, ("member_joined",)),
    (hearing.take_leaves, ("member_left",)),
    (hearing.take_moves, ("member_transferred",)),
    (hearing.take_merges, ("member_merged",)),
    (opening.take_posts, ("assignment_started", "assignment_ended")),
]


def states(session: Session, member_id: UUID = MEMBER) -> dict[str, str]:
    """The status of a member's obligation of each kind."""
    query = select(Obligation).where(Obligation.member_id == member_id)
    return {each.kind: each.status for each in session.scalars(query.order_by("opened_on"))}


def one(session: Session, kind: str, member_id: UUID = MEMBER) -> Obligation:
    """The member's only obligation of the kind."""
    query = select(Obligation).where(Obligation.member_id == member_id, Obligation.kind == kind)
    return session.scalars(query).one()


def envelopes(session: Session) -> Iterator[dict[str, Any]]:
    """Whatever waits in the outbox, in order."""
    for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id)):
        yield orjson.loads(row.body)


def published(session: Session, kind: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The name and data of what waits in the outbox, of one kind or of all."""
    return [
        (envelope["type"].split(".")[1], envelope["data"])
        for envelope in envelopes(session)
        if kind is None or envelope["data"]["kind"] == kind
    ]


UNITS = [
    registered("SE", "party", None),
    registered("skane", "district", "SE"),
    registered("1280", "branch", "skane"),
    registered("1281", "branch", "skane"),
    registered("stockholms-lan", "district", "SE"),
    registered("0180", "branch", "stockholms-lan"),
    registered("0181", "branch", "stockholms-lan", is_open=False),
    registered("ssu", "side_organisation", "SE"),
]


def made(folder: Path) -> Database:
    """A migrated database of training, in `folder`, that knows a few units."""
    database = Database(f"sqlite:///{folder}/training.db", "training")
    migrate.upgrade(database.engine, "training")
    with database.writing() as session:
        units.copy(session, UNITS)
    return database
