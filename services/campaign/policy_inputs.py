"""Policy inputs: what was heard or decided somewhere, on its way into policy, until its answer."""

from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, Text, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.campaign import topics
from services.campaign.events.policy_inputs import PolicyInputAnswered, PolicyInputReceived

STATUSES = ("received", "taken_up", "answered")
GIVEN = ("unit", "topic", "text", "origin")


class PolicyInput(Base):
    """What was heard in a unit about a topic, and the answer; `origin` is where it comes from."""

    __tablename__ = "policy_input"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(50))
    text: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(Instant)
    taken_up_at: Mapped[datetime | None] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_on: Mapped[date | None]

    @property
    def status(self) -> str:
        """`received`, `taken_up` or `answered`."""
        if self.answered_on is not None:
            return "answered"
        return "received" if self.taken_up_at is None else "taken_up"

    def same_as(self, row: dict[str, Any]) -> bool:
        """Whether it was made from `row`."""
        return all(getattr(self, name) == row[name] for name in GIVEN)

    def take_up(self) -> None:
        """Somebody works on it; that an earlier one does, or that it is answered, stays."""
        self.taken_up_at = self.taken_up_at or clock.now()

    def give(self, answer: str, on: date) -> bool:
        """Answer it, which takes it up as well; False when it has that answer of that day."""
        if self.answered_on is not None:
            if (self.answer, self.answered_on) != (answer, on):
                raise Conflict("It was answered before, otherwise.")
            return False
        if on > clock.today():
            raise Invalid("Not yet", {"answered_on": ["The day is in the future."]})
        if on < clock.day_of(self.received_at):
            raise Invalid("Too early", {"answered_on": ["Before it was received."]})
        self.take_up()
        self.answer, self.answered_on = answer, on
        return True


def receive(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[PolicyInput, bool]:
    """Take what was heard; answers the stored input, and whether it is new.

    Raises Invalid for a unit that can have none and for a topic that is not in the party's list,
    Conflict when the id is taken by another.
    """
    return create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=partial(_check, session, tree),
        insert=partial(_insert, session),
        stored=lambda ids: {i: found for i in ids if (found := session.get(PolicyInput, i))},
        same=PolicyInput.same_as,
    )[0].answer()


def take_up(session: Session, input_id: UUID) -> PolicyInput:
    """Note, once, that somebody works on it; answers it. Raises NotFound."""
    found = get(session, input_id, lock=True)
    found.take_up()
    return found


def answer(session: Session, input_id: UUID, text: str, on: date) -> PolicyInput:
    """Answer an input, once; answers it.

    Raises NotFound, Invalid for a day before it was received or in the future, Conflict when it
    has another answer.
    """
    found = get(session, input_id, lock=True)
    if found.give(text, on):
        outbox.append(session, PolicyInputAnswered(*_facts(vars(found))))
    return found


def get(session: Session, input_id: UUID, *, lock: bool = False) -> PolicyInput:
    """The input with that id; NotFound if there is none."""
    query = select(PolicyInput).where(PolicyInput.id == input_id)
    query = query.execution_options(populate_existing=lock)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such policy input.")
    return found


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[PolicyInput]:
    """The inputs of a unit and all below it, with their answers, the last received first.

    Raises Invalid for a topic that is not in the party's list.
    """
    found: Select[PolicyInput] = select(PolicyInput)
    if query["unit"] != ROOT:
        found = found.where(PolicyInput.unit.in_(tree.subtree(query["unit"])))
    if query["topic"] is not None:
        _check_topic(session, query["topic"])
        found = found.where(PolicyInput.topic == query["topic"])
    if query["status"] is not None:
        found = found.where(_has(query["status"]))
    return page(session, found, (PolicyInput.received_at, PolicyInput.id), query)


def _has(status: str) -> ColumnElement[bool]:
    taken, answered = PolicyInput.taken_up_at.is_not(None), PolicyInput.answered_on.is_not(None)
    return {"received": ~taken, "taken_up": and_(taken, ~answered), "answered": answered}[status]


def _check(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    tree.check_fact(row["unit"], clock.today())
    _check_topic(session, row["topic"])


def _check_topic(session: Session, topic: str) -> None:
    if not topics.known(session, [topic]):
        raise Invalid("Unknown topic", {"topic": ["There is no such word in the party's list."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, PolicyInput]:
    now = clock.now()
    ids = insert_new(session, PolicyInput, [{**row, "received_at": now} for row in rows])
    new = [row for row in rows if row["id"] in ids]
    outbox.append(session, *(PolicyInputReceived(*_facts(row)) for row in new))
    return {i: session.get_one(PolicyInput, i) for i in ids}


def _facts(row: dict[str, Any]) -> tuple[UUID, str, str, str]:
    return row["id"], row["unit"], row["topic"], row["origin"]
