"""Who is asked: members drawn at random, of each district as many as its part of them all."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid
from infra.units import ROOT, Tree
from services.membership import panel
from services.membership.members import Member
from services.membership.panel import FEWEST, Drawn, Invitation, Tally, Wave

ByDistrict = Mapping[str, Sequence[UUID]]
Told = list[tuple[UUID, str]]
"""Members and their tokens, by the members' ids."""


class Draw(Base):
    """One draw of `size` members for a wave; fewer were `invited` when no more were left."""

    __tablename__ = "panel_draw"

    wave_id: Mapped[UUID] = mapped_column(ForeignKey("panel_wave.id"), primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int]
    invited: Mapped[int]


def invite(
    session: Session, tree: Tree, wave_id: UUID, request: dict[str, Any]
) -> tuple[Draw, Told | None]:
    """Draw `size` members with a `seed` from those not drawn for the wave yet.

    Answers the draw and each one's token, which nothing here remembers: None when it was made
    before. Whoever lost the tokens draws others with another seed. Raises NotFound, Conflict for
    a wave that is over or a seed that was used for another size, Invalid beyond the wave's sample.
    """
    wave = panel.get(session, wave_id, lock=True)
    seed, size = request["seed"], request["size"]
    made = session.get(Draw, (wave.id, seed))
    if made is not None:
        if made.size != size:
            raise Conflict("That seed was drawn with before, for another size.")
        return made, None
    _check(session, wave, size)
    chosen = drawn(seed, size, _waiting(session, tree, wave))
    told = _keep(session, wave, chosen)
    made = Draw(wave_id=wave.id, seed=seed, size=size, invited=len(told))
    session.add(made)
    return made, sorted(told)


def drawn(seed: int, size: int, members: ByDistrict) -> ByDistrict:
    """`size` of the members, or all if they are fewer; the same for the same seed and members."""
    numbers = {code: len(ids) for code, ids in members.items()}
    wanted = shares(min(size, sum(numbers.values())), numbers)
    key = str(seed).encode()

    def lot(member_id: UUID) -> bytes:
        return blake2b(member_id.bytes, key=key, digest_size=16).digest()

    return {code: sorted(ids, key=lot)[: wanted[code]] for code, ids in members.items()}


def shares(size: int, numbers: Mapping[str, int]) -> dict[str, int]:
    """`size` in proportion to `numbers`, in whole numbers that sum to it: largest remainder."""
    total = sum(numbers.values())
    exact = {code: divmod(size * number, total) for code, number in numbers.items() if number}
    found = {code: exact.get(code, (0, 0))[0] for code in numbers}
    by_remainder = sorted(exact, key=lambda code: (-exact[code][1], code))
    for code in by_remainder[: size - sum(found.values())]:
        found[code] += 1
    return found


def _check(session: Session, wave: Wave, size: int) -> None:
    if wave.is_over(clock.today()):
        raise Conflict("The wave is over.")
    if wave.sample is None:
        return
    of_wave = select(func.sum(Tally.invited)).where(Tally.wave_id == wave.id)
    if (session.scalar(of_wave) or 0) + size > wave.sample:
        raise Invalid("Too many", {"size": ["More than the wave's sample, with those invited."]})


def _waiting(session: Session, tree: Tree, wave: Wave) -> ByDistrict:
    """The members who were not drawn for the wave yet, by district."""
    there = exists().where(Drawn.wave_id == wave.id, Drawn.member_id == Member.id)
    query = select(Member.id, Member.unit).where(Member.status == "member", ~there)
    found: dict[str, list[UUID]] = defaultdict(list)
    for member_id, unit in session.execute(query):
        found[tree.path(unit)[-2]].append(member_id)
    return found


def _keep(session: Session, wave: Wave, chosen: ByDistrict) -> Told:
    told: Told = []
    invitations: list[dict[str, Any]] = []
    for district, ids in chosen.items():
        # Who is drawn from so few could be told by the district of an answer, here as well.
        unit = district if len(ids) >= FEWEST else ROOT
        for member_id in ids:
            token = secrets.token_urlsafe(32)
            told.append((member_id, token))
            invitations.append({"token": panel.hashed(token), "wave_id": wave.id, "unit": unit})
    # Each in the order of its own key: a token's place tells nothing of the member's.
    insert_new(session, Drawn, [{"wave_id": wave.id, "member_id": i} for i, _ in told], "member_id")
    insert_new(session, Invitation, [{**row, "used": False} for row in invitations], "token")
    _count(session, wave, Counter(row["unit"] for row in invitations))
    return told


def _count(session: Session, wave: Wave, invited: Mapping[str, int]) -> None:
    of_wave = select(Tally).where(Tally.wave_id == wave.id)
    known = {tally.unit: tally for tally in session.scalars(of_wave)}
    for unit, number in invited.items():
        if unit not in known:
            known[unit] = Tally(wave_id=wave.id, unit=unit, invited=0, answered=0, answers=[])
            session.add(known[unit])
        known[unit].invited += number
