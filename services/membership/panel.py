"""The member panel: waves of questions to members drawn at random, answered by nobody.

An answer comes with a token, of which only a hash is kept. It is put among the others of its
district, in the order of what they say: there is no row of one answer, and no hour, place in line
or id that could be laid beside those of a token. Whose token is whose is told once, to whoever
sends them out, and kept nowhere here.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT
from services.membership.events.panel import PanelAnswered

FEWEST = 10
"""Answers that a district must have to be shown by itself."""

GIVEN = (
    "participated",
    "rewarding",
    "voice_matters",
    "influence_local",
    "influence_regional",
    "influence_national",
)
"""What an answer says, in the order of the digits that it is kept as."""

# One text for a token that was used and for a wave that is over or to come.
UNUSABLE = "The token was used before, or its wave takes no answers now."


class Wave(Base):
    """One survey, open from `opens_on` to `closes_on`; `sample` is the most it may ask."""

    __tablename__ = "panel_wave"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    sample: Mapped[int | None]
    closed_on: Mapped[date | None]

    def is_over(self, today: date) -> bool:
        """Whether no answer is taken any more."""
        return self.closed_on is not None or self.closes_on < today

    def is_open(self, today: date) -> bool:
        """Whether answers are taken."""
        return self.opens_on <= today and not self.is_over(today)


class Drawn(Base):
    """That a member was drawn for a wave: nobody is twice. Of the token it knows nothing."""

    __tablename__ = "panel_drawn"

    wave_id: Mapped[UUID] = mapped_column(ForeignKey("panel_wave.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)


class Invitation(Base):
    """A token, by its hash, and where its answer is counted. Of the member it knows nothing.

    When the wave closes all are `used`, so that who answered is not left to be read.
    """

    __tablename__ = "panel_invitation"

    token: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    wave_id: Mapped[UUID] = mapped_column(ForeignKey("panel_wave.id"))
    unit: Mapped[str] = mapped_column(String(64))
    used: Mapped[bool]


class Tally(Base):
    """How many a district's members were invited and answered, and what they said.

    `answers` are texts of a digit for each of GIVEN (0: not asked), sorted; none once the wave is
    closed and they are published.
    """

    __tablename__ = "panel_tally"

    wave_id: Mapped[UUID] = mapped_column(ForeignKey("panel_wave.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    invited: Mapped[int]
    answered: Mapped[int]
    answers: Mapped[list[str]] = mapped_column(JSON)

    def add(self, given: Mapping[str, Any]) -> None:
        """Put one more answer among the others."""
        digits = "".join(str(int(given[name] or 0)) for name in GIVEN)
        self.answers = sorted([*self.answers, digits])
        self.answered += 1

    def publish(self) -> list[PanelAnswered]:
        """The answers, to be kept here no longer; the party's where they are too few."""
        unit = self.unit if self.answered >= FEWEST else ROOT
        facts = [_fact(self.wave_id, unit, digits) for digits in self.answers]
        self.answers = []
        return facts


def plan(session: Session, request: dict[str, Any]) -> tuple[Wave, bool]:
    """Plan a wave; answers the stored one, and whether it is new.

    Raises Invalid for days that cannot be, Conflict when the id is taken by another wave.
    """
    return create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=partial(_check, clock.today()),
        insert=lambda rows: _insert(session, rows),
        stored=lambda ids: {i: wave for i in ids if (wave := session.get(Wave, i)) is not None},
        same=lambda wave, row: all(getattr(wave, name) == row[name] for name in row),
    )[0].answer()


def answer(session: Session, token: str, given: Mapping[str, Any]) -> None:
    """Take the answer that a token entitles to, once, while its wave is open.

    To guess a token of 256 bits is hopeless, so nobody counts the tries. Raises NotFound for what
    is no token, Conflict for one that is used or whose wave is not open.
    """
    today = clock.today()
    invitation = session.scalars(
        locked(session, select(Invitation).where(Invitation.token == hashed(token)))
    ).one_or_none()
    if invitation is None:
        raise NotFound("There is no such token.")
    wave = session.get_one(Wave, invitation.wave_id)
    if invitation.used or not wave.is_open(today):
        raise Conflict(UNUSABLE)
    invitation.used = True
    of_unit = select(Tally).where(Tally.wave_id == wave.id, Tally.unit == invitation.unit)
    session.scalars(locked(session, of_unit)).one().add(given)


def close(session: Session, wave_id: UUID) -> Wave:
    """Close a wave and publish its answers, once; answers the wave. Raises NotFound."""
    wave = get(session, wave_id, lock=True)
    if wave.closed_on is None:
        _close(session, wave)
    return wave


def close_one(session: Session, today: date) -> bool:
    """Close one wave whose last day was before `today`; whether there was one.

    Each is closed once. Of several replicas at work, none waits for another.
    """
    over = select(Wave).where(Wave.closed_on.is_(None), Wave.closes_on < today)
    wave = session.scalars(over.limit(1).with_for_update(skip_locked=True)).one_or_none()
    if wave is not None:
        _close(session, wave)
    return wave is not None


def get(session: Session, wave_id: UUID, *, lock: bool = False) -> Wave:
    """The wave with that id; NotFound if there is none."""
    query = select(Wave).where(Wave.id == wave_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such wave.")
    return found


def waves(session: Session, query: dict[str, Any]) -> Page[Wave]:
    """The waves, the last to open first."""
    return page(session, select(Wave), (Wave.opens_on, Wave.id), query)


def counted(session: Session, found: Sequence[Wave]) -> list[dict[str, Any]]:
    """The waves as they are shown: with how many were invited, and how many answered."""
    sums = (
        select(Tally.wave_id, func.sum(Tally.invited), func.sum(Tally.answered))
        .where(Tally.wave_id.in_([wave.id for wave in found]))
        .group_by(Tally.wave_id)
    )
    known = {wave_id: numbers for wave_id, *numbers in session.execute(sums)}
    names = ("id", "name", "opens_on", "closes_on", "sample", "closed_on")
    shown = []
    for wave in found:
        invited, answered = known.get(wave.id, (0, 0))
        columns = {name: getattr(wave, name) for name in names}
        shown.append({**columns, "invited": invited, "answered": answered})
    return shown


def held(session: Session, _vault: object, member_id: UUID) -> list[dict[str, Any]]:
    """The waves that a member was drawn for; whether and what they answered nobody knows."""
    query = select(Wave).join(Drawn).where(Drawn.member_id == member_id).order_by(Wave.opens_on)
    return [
        {"panel_wave": wave.name, "opens_on": wave.opens_on.isoformat()}
        for wave in session.scalars(query)
    ]


def forget(session: Session, member_id: UUID) -> None:
    """Keep no longer what the member was drawn for; the numbers invited stay."""
    session.execute(delete(Drawn).where(Drawn.member_id == member_id))


def hashed(token: str) -> bytes:
    """What is kept of a token: it has too much chance in it for a guess, so no salt is needed."""
    return sha256(token.encode()).digest()


def _check(today: date, request: dict[str, Any]) -> None:
    if request["closes_on"] < today:
        raise Invalid("Too early", {"closes_on": ["The day is past."]})
    if request["closes_on"] < request["opens_on"]:
        raise Invalid("Too early", {"closes_on": ["Before the wave opens."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Wave]:
    new = insert_new(session, Wave, rows)
    return {row["id"]: Wave(**row) for row in rows if row["id"] in new}


def _close(session: Session, wave: Wave) -> None:
    wave.closed_on = clock.today()
    # First: whoever answers holds their invitation, then the tally.
    session.execute(update(Invitation).where(Invitation.wave_id == wave.id).values(used=True))
    of_wave = select(Tally).where(Tally.wave_id == wave.id).order_by(Tally.unit)
    tallies = session.scalars(locked(session, of_wave)).all()
    facts = [fact for tally in tallies for fact in tally.publish()]
    secrets.SystemRandom().shuffle(facts)
    outbox.append(session, *facts)


def _fact(wave_id: UUID, unit: str, digits: str) -> PanelAnswered:
    participated, rewarding, *others = map(int, digits)
    return PanelAnswered(wave_id, unit, bool(participated), rewarding or None, *others)
