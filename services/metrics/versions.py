"""What has versions: of whatever is told of one thing, in any order, the highest version counts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.database import Base, insert_new, locked
from infra.event import Event
from services.metrics.counters import Increment


class Versioned(Protocol):
    """A mapped class with a row a thing: `id`, `version`, and what it adds to the counters."""

    id: Any
    version: Any

    @classmethod
    def blank(cls, event: Event) -> dict[str, Any]:
        """The columns of a thing of which nothing is counted yet, but `id` and `version`."""

    def increments(self, sign: int) -> Iterator[Increment]:
        """What it adds (sign 1) or, taken back, subtracts (−1)."""

    def become(self, event: Event) -> None:
        """Take over the state that a newer event tells of, with its version."""


def take(
    session: Session, model: type[Versioned], key: str, events: Sequence[Event]
) -> list[Increment]:
    """Take events over, in any order and however often; answer what changes in the counters.

    `key` names the field with the id of the thing.
    """
    newest: dict[UUID, Event] = {}
    for event in events:
        known = newest.get(event.data[key])
        if known is None or known.data["version"] < event.data["version"]:
            newest[event.data[key]] = event
    changes: list[Increment] = []
    for thing in _locked(session, model, newest):
        event = newest[thing.id]
        if event.data["version"] > thing.version:
            changes.extend(thing.increments(-1))
            thing.become(event)
            changes.extend(thing.increments(1))
    session.flush()
    return changes


def _locked(
    session: Session, model: type[Versioned], newest: Mapping[UUID, Event]
) -> Sequence[Versioned]:
    """The rows of all these things, blank ones made for the new, locked in order of id."""
    ids = sorted(newest)
    rows = [{"id": key, "version": 0, **model.blank(newest[key])} for key in ids]
    insert_new(session, cast("type[Base]", model), rows)
    query = select(model).where(model.id.in_(ids)).order_by(model.id)
    return session.scalars(locked(session, query)).all()
