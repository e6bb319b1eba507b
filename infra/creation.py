"""Creating things by the client's id: once, whatever is sent again, alone or in a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from infra.errors import Conflict, Problem

Thing = TypeVar("Thing")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Thing]):
    """What became of one request: the thing, new or stored before, or why it was refused."""

    id: UUID
    thing: Thing | None = None
    created: bool = False
    problem: Problem | None = None

    def answer(self) -> tuple[Thing, bool]:
        """The thing, and whether it is new; raises the problem if it was refused."""
        if self.thing is None:
            raise self.problem or Conflict(TAKEN)
        return self.thing, self.created


TAKEN = "The id is taken by something else."


def create_all(
    rows: Sequence[Row],
    *,
    check: Callable[[Row], None] = lambda _: None,
    insert: Callable[[list[Row]], Mapping[UUID, Thing | Problem]],
    stored: Callable[[set[UUID]], Mapping[UUID, Thing]],
    same: Callable[[Thing, Row], bool],
) -> list[Outcome[Thing]]:
    """Create what is new; every row answered, in order, and a bad one spoils no other.

    The row's id decides: a row sent again, even in the same batch, even if it could not be
    created any more, is the thing that is stored; another row with its id is refused. `check`
    raises why a row cannot be, as far as `insert` does not tell; `insert` answers the things
    whose id was new, or why they cannot be, `stored` those of these ids that are there, `same`
    whether a row is the one that a thing was made from.
    """
    outcomes: dict[int, Outcome[Thing]] = {}
    first: dict[UUID, int] = {}
    for index, row in enumerate(rows):
        try:
            check(row)
        except Problem as problem:
            outcomes[index] = Outcome(row["id"], problem=problem)
        else:
            first.setdefault(row["id"], index)
    for key, made in insert([rows[index] for index in first.values()]).items():
        outcomes[first[key]] = _made(key, made)
    again = [i for i in range(len(rows)) if i not in outcomes or outcomes[i].problem is not None]
    known = stored({rows[index]["id"] for index in again}) if again else {}
    for index in again:
        row = rows[index]
        there = known.get(row["id"])
        if there is not None and same(there, row):
            outcomes[index] = Outcome(row["id"], there)
        elif index not in outcomes:
            at = first[row["id"]]
            taken: Outcome[Thing] = Outcome(row["id"], problem=Conflict(TAKEN))
            # Refused once, and in the batch once more.
            outcomes[index] = outcomes.get(at, taken) if rows[at] == row else taken
    return [outcomes[index] for index in range(len(rows))]


def _made(key: UUID, made: Thing | Problem) -> Outcome[Thing]:
    if isinstance(made, Problem):
        return Outcome(key, problem=made)
    return Outcome(key, made, created=True)
