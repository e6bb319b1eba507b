"""All that is known of a member that bears on what is owed to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from services.training.posts import Trust, trusts
from services.training.trainees import Move, doubles, left_days, moves


@dataclass(frozen=True, slots=True)
class Standing:
    """One member: whether another one in truth, when they left and moved, what posts they hold."""

    double: bool
    left: Sequence[date]
    moves: Sequence[Move]
    trust: Trust | None


def of(session: Session, members: Collection[UUID]) -> dict[UUID, Standing]:
    """The standing of each of these members."""
    double, left = doubles(session, members), left_days(session, members)
    moved, trust = moves(session, members), trusts(session, members)
    return {
        member_id: Standing(
            member_id in double, left[member_id], moved[member_id], trust.get(member_id)
        )
        for member_id in members
    }
