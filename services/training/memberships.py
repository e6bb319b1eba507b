"""Since when and until when somebody was a member, as far as training was told."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.training.deadlines import LEADERS
from services.training.obligations import Obligation
from services.training.trainees import doubles, left_days


@dataclass(frozen=True, slots=True)
class Memberships:
    """The joins of one person, each with an obligation, and the days on which they left."""

    joins: Sequence[Obligation]
    left: Sequence[date]

    @property
    def any(self) -> bool:
        """Whether they were ever known to be a member."""
        return bool(self.joins)

    def on(self, day: date) -> bool:
        """Whether they have joined, and not left by that day."""
        left = [left_on for left_on in self.left if left_on <= day]
        return any(not join.ended(left) for join in self.joins)


def of(session: Session, members: Collection[UUID]) -> dict[UUID, Memberships]:
    """The memberships of each of these; of one who was another in truth, none."""
    asked = Obligation.member_id, Obligation.kind, Obligation.opened_on, Obligation.previous_left_on
    rows = session.execute(
        select(*asked).where(Obligation.member_id.in_(members), Obligation.kind != LEADERS)
    )
    joins: defaultdict[UUID, list[Obligation]] = defaultdict(list)
    for row in rows:
        # Apart from the session: whoever locks the real ones is to read them then.
        joins[row.member_id].append(Obligation(**row._asdict()))
    left, double = left_days(session, members), doubles(session, members)
    return {
        each: Memberships(() if each in double else joins[each], left[each]) for each in members
    }
