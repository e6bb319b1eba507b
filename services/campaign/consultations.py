"""Consultations: a quick question to the members of some units, which each answers once."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import JSON, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.campaign import former_members
from services.campaign.events.consultations import ConsultationAnswered, ConsultationOpened

LONGEST = timedelta(days=366)
"""That a consultation is open, and that lie between its planning and its opening."""

GIVEN = ("unit", "question", "options", "units", "opens_at", "closes_at")
ANSWERED = "The member has answered it before, or the id is taken by another answer."


class Consultation(Base):
    """A question to the members of `units`, each with all below it, which lie within `unit`.

    `opens_at` and `closes_at` decide whether it is open; `opened_at` and `closed_at` are when that
    was published.
    """

    __tablename__ = "consultation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    question: Mapped[str] = mapped_column(String(500))
    options: Mapped[list[str]] = mapped_column(JSON)
    units: Mapped[list[str]] = mapped_column(JSON)
    opens_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def status(self) -> str:
        """`planned`, `open` or `closed`: by the clock, whether or not that is published yet."""
        now = clock.now()
        if self.closed_at is not None or self.closes_at <= now:
            return "closed"
        return "open" if self.opens_at <= now else "planned"

    def same_as(self, row: dict[str, Any]) -> bool:
        """Whether it was made from `row`."""
        return all(getattr(self, name) == row[name] for name in GIVEN)

    def asks(self, tree: Tree, unit: str) -> bool:
        """Whether the members of a unit are asked."""
        return any(tree.within(unit, asked) for asked in self.units)

    def concerns(self, tree: Tree, unit: str) -> bool:
        """Whether it is asked by, above or below a unit."""
        near = {self.unit, *self.units}
        return any(tree.within(each, unit) or tree.within(unit, each) for each in near)


class AskedUnit(Base):
    """That a consultation asks the members of a unit and of all below it."""

    __tablename__ = "consultation_unit"

    consultation_id: Mapped[UUID] = mapped_column(ForeignKey("consultation.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)


class Answer(Base):
    """The answer of one member, who belongs to `unit`; without the member once that is erased."""

    __tablename__ = "consultation_answer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consultation_id: Mapped[UUID] = mapped_column(ForeignKey("consultation.id"))
    member_id: Mapped[UUID | None]
    unit: Mapped[str] = mapped_column(String(64))
    option: Mapped[int]
    answered_at: Mapped[datetime] = mapped_column(Instant)

    def same_as(self, row: dict[str, Any]) -> bool:
        """Whether it was made from `row`."""
        names = ("consultation_id", "member_id", "unit", "option")
        return all(getattr(self, name) == row[name] for name in names)


def ask(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Consultation, bool]:
    """Plan a consultation; answers the stored one, and whether it is new.

    One whose time has come is open at once. Raises Invalid for units or a time that cannot be,
    Conflict when the id is taken by another.
    """
    units = [request["unit"]] if request["units"] is None else request["units"]
    row = {**request, "id": request["id"] or new_id(), "units": units}
    return create_all(
        [row],
        check=partial(_check, tree),
        insert=partial(_insert, session),
        stored=lambda ids: {i: found for i in ids if (found := session.get(Consultation, i))},
        same=Consultation.same_as,
    )[0].answer()


def answer(
    session: Session, tree: Tree, consultation_id: UUID, request: dict[str, Any]
) -> tuple[Answer, bool]:
    """Take a member's answer; answers the stored one, and whether it is new.

    Without an id the member decides: the same answer again is the stored one. Raises NotFound,
    Invalid for a unit that is not asked or an option that there is not, Conflict when the
    consultation is not open or the member has answered otherwise.
    """
    consultation = _kept_open(session, consultation_id)
    sent = request["member_id"]
    row = {
        "id": request["id"] or uuid5(consultation_id, str(sent)),
        "consultation_id": consultation_id,
        "member_id": former_members.who(session, [sent])[sent],
        "unit": request["unit"],
        "option": request["option"],
    }
    return create_all(
        [row],
        check=partial(_check_answer, tree, consultation),
        insert=partial(_insert_answers, session),
        stored=lambda ids: {i: found for i in ids if (found := session.get(Answer, i))},
        same=Answer.same_as,
    )[0].answer()


def get(session: Session, consultation_id: UUID, *, lock: bool = False) -> Consultation:
    """The consultation with that id; NotFound if there is none."""
    query = select(Consultation).where(Consultation.id == consultation_id)
    query = query.execution_options(populate_existing=lock)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such consultation.")
    return found


def open_locked(session: Session, consultation: Consultation) -> None:
    """Publish, once, that a locked consultation is open."""
    if consultation.opened_at is None:
        consultation.opened_at = clock.now()
        outbox.append(session, ConsultationOpened(consultation.id, consultation.unit))


def forget(session: Session, member_ids: Collection[UUID]) -> None:
    """Keep the answers of erased members without who they are of."""
    theirs = update(Answer).where(Answer.member_id.in_(member_ids))
    session.execute(theirs.values(member_id=None))


def take_over(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What one member answered, another has.

    Where both did, the first one's answer goes; from a consultation that is closed, whose results
    are published, who it is of goes alone.
    """
    theirs = select(Answer.consultation_id).where(Answer.member_id == member_id)
    both = select(Answer.consultation_id).where(
        Answer.member_id == into_id, Answer.consultation_id.in_(theirs)
    )
    of_both = select(Consultation).where(Consultation.id.in_(both)).order_by(Consultation.id)
    consultations = session.scalars(of_both.with_for_update(read=True)).all()
    ids = [each.id for each in consultations if each.status != "closed"]
    own = Answer.member_id == member_id
    session.execute(delete(Answer).where(own, Answer.consultation_id.in_(ids)))
    closed = [each.id for each in consultations if each.status == "closed"]
    of_closed = update(Answer).where(own, Answer.consultation_id.in_(closed))
    session.execute(of_closed.values(member_id=None))
    session.execute(update(Answer).where(own).values(member_id=into_id))


def _check(tree: Tree, row: dict[str, Any]) -> None:
    now, today = clock.now(), clock.today()
    if abs(row["opens_at"] - now) > LONGEST:
        raise Invalid("Too far", {"opens_at": ["More than a year from now."]})
    if row["closes_at"] <= max(now, row["opens_at"]):
        raise Invalid("Too early", {"closes_at": ["It is past, or before the opening."]})
    if row["closes_at"] - row["opens_at"] > LONGEST:
        raise Invalid("Too long", {"closes_at": ["More than a year after the opening."]})
    tree.check_fact(row["unit"], today)
    for index, unit in enumerate(row["units"]):
        tree.check_fact(unit, today, f"units.{index}")
        if not tree.within(unit, row["unit"]):
            raise Invalid("Outside", {f"units.{index}": ["It is not within the unit."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Consultation]:
    times = ("opens_at", "closes_at")
    stored = [{**row, **{name: row[name].astimezone(UTC) for name in times}} for row in rows]
    ids = insert_new(session, Consultation, stored)
    asked = [(row["id"], unit) for row in stored if row["id"] in ids for unit in row["units"]]
    names = ("consultation_id", "unit")
    insert_new(session, AskedUnit, [dict(zip(names, each, strict=True)) for each in asked], "unit")
    made = {i: session.get_one(Consultation, i) for i in ids}
    for consultation in made.values():
        if consultation.status == "open":
            open_locked(session, consultation)
    return made


def _kept_open(session: Session, consultation_id: UUID) -> Consultation:
    """The consultation, which nobody closes before the commit."""
    found = get(session, consultation_id)
    if found.status == "open" and found.opened_at is None:
        # Its opening is told before its answers are, even if the timer has not come to it.
        open_locked(session, get(session, consultation_id, lock=True))
    same = select(Consultation).where(Consultation.id == consultation_id)
    same = same.with_for_update(read=True).execution_options(populate_existing=True)
    return session.scalars(same).one()


def _check_answer(tree: Tree, consultation: Consultation, row: dict[str, Any]) -> None:
    if consultation.status != "open":
        raise Conflict(f"The consultation is {consultation.status}: it takes no answers.")
    if row["member_id"] is None:
        raise Invalid("Erased", {"member_id": ["It is nobody's any more."]})
    tree.check_fact(row["unit"], clock.today())
    if not consultation.asks(tree, row["unit"]):
        raise Invalid("Not asked", {"unit": ["Its members are not asked."]})
    if row["option"] >= len(consultation.options):
        raise Invalid("No option", {"option": ["There is no such option."]})


def _insert_answers(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Answer | Conflict]:
    now = clock.now()
    ids = insert_new(session, Answer, [{**row, "answered_at": now} for row in rows])
    new = [row for row in rows if row["id"] in ids]
    facts = (ConsultationAnswered(row["consultation_id"], row["unit"]) for row in new)
    outbox.append(session, *facts)
    return {
        row["id"]: session.get_one(Answer, row["id"]) if row["id"] in ids else Conflict(ANSWERED)
        for row in rows
    }
