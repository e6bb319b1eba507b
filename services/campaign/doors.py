"""The doors that one call has visits to: which of them they take, and how they are after that."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.database import replace_all
from infra.errors import Conflict, Invalid
from services.campaign import households
from services.campaign.households import FULL, RETURN_LATER, Ground, Household
from services.campaign.progress import Done

AGAIN = "Visited in this round before, and not to be returned to."


class Call(NamedTuple):
    """One visit to a household."""

    round: int
    visited_at: datetime
    outcome: str


class Doors:
    """The households that some visits are to, of locked areas, and the `calls` made there before.

    A visit says `area_id`, `household` (the reference), `household_id`, `round`, `visited_at`,
    `outcome`.
    """

    def __init__(
        self,
        session: Session,
        grounds: Mapping[UUID, Ground],
        visits: Sequence[dict[str, Any]],
        calls: dict[UUID, list[Call]],
    ) -> None:
        wanted = {visit["household_id"] for visit in visits}
        known = select(*Household.__table__.c).where(Household.id.in_(wanted))
        self._doors = {door["id"]: dict(door) for door in session.execute(known).mappings()}
        unknown = {v["area_id"] for v in visits if v["household_id"] not in self._doors}
        self._listed = households.listed(session, unknown) if unknown else {}
        self._grounds = grounds
        self._calls = calls
        self._changed: dict[UUID, dict[str, Any]] = {}

    def take(self, visit: dict[str, Any]) -> Done:
        """Let the visit have happened; answers what is new with it in its round.

        Raises Conflict when the door was done in that round, Invalid when it is one too many.
        """
        key, outcome = visit["household_id"], visit["outcome"]
        call = Call(visit["round"], visit["visited_at"], outcome)
        calls = self._calls.setdefault(key, [])
        in_round = [each for each in calls if each.round == call.round]
        if not all(_follow(each, call) for each in in_round):
            raise Conflict("Visited before", {"household": [AGAIN]})
        door = self._doors.get(key) or self._add(visit)
        if call.round > door["round"] or call[:2] > (door["round"], door["visited_at"]):
            door.update(call._asdict())
        self._changed[key] = door
        calls.append(call)
        opened = [each for each in in_round if each.outcome != "no_answer"]
        return Done(
            visit["area_id"],
            call.round,
            doors=int(not in_round),
            reached=int(outcome != "no_answer" and not opened),
            conversations=int(outcome == "conversation"),
        )

    def save(self, session: Session) -> None:
        """Store what has changed."""
        rows = list(self._changed.values())
        replace_all(session, Household, rows, "round", "outcome", "visited_at")

    def _add(self, visit: dict[str, Any]) -> dict[str, Any]:
        area_id = visit["area_id"]
        ordinal = self._listed[area_id] + 1
        if ordinal > self._grounds[area_id].households:
            raise Invalid("Too many", {"household": [FULL]})
        self._listed[area_id] = ordinal
        door = self._doors[visit["household_id"]] = households.row(
            area_id, visit["household"], ordinal
        )
        return door


def _follow(one: Call, other: Call) -> bool:
    """Whether both may be in one round: of two the earlier said that somebody would return.

    Which of the two is known first does not matter: phones send what they kept in any order.
    """
    if one.visited_at == other.visited_at:
        return False
    return min(one, other, key=lambda call: call.visited_at).outcome == RETURN_LATER
