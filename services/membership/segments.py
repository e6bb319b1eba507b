"""Segments: how many members are young, active in a union, interested in something; counts only.

Who is young or in a union is sealed, so it is counted once a day, into a table of what may be
shown of each unit with all below it. What is hidden is not stored.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base
from infra.units import Tree
from services.membership import days, recruiting, small_cells
from services.membership.members import Member
from services.membership.small_cells import Numbers
from services.membership.vault import Vault

FIRST = UUID(int=0)
"""Before the id of every member."""

WHOLES = {
    "young": ("member",),
    "union_active": ("member",),
    "union_official": ("union_active",),
    "young_recruited": ("member_recruited", "young"),
    "union_active_recruited": ("member_recruited", "union_active"),
    "union_official_recruited": ("union_active_recruited", "union_official"),
    "interest": ("member",),
    "competence": ("member",),
    "not_yet_asked": (),
}
"""By segment, the other segments that it is a part of."""


MemberRow = Row[UUID, str, date, date | None, list[str], list[str], bytes]
"""What is counted of a member, as `some_members` reads it."""


class Cell(NamedTuple):
    """A segment and, of interests and competences, which."""

    segment: str
    word: str = ""


class SegmentCount(Base):
    """How many of a cell a unit has with all below it, as the counting `run` found."""

    __tablename__ = "segment_count"

    run: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    segment: Mapped[str] = mapped_column(String(40), primary_key=True)
    word: Mapped[str] = mapped_column(String(50), primary_key=True)
    count: Mapped[int]


class Tally:
    """How many of each cell there are in each unit itself, on the day `today`.

    `members` is how many were counted so far.
    """

    def __init__(self, today: date, young_age: int) -> None:
        self.today = today
        self.members = 0
        self._young_age = young_age
        self._own: defaultdict[Cell, Counter[str]] = defaultdict(Counter)

    def count(self, members: Iterable[MemberRow], vault: Vault) -> None:
        """Count members, as `some_members` answers them."""
        for member in members:
            self.members += 1
            for cell in self._cells(member, vault.unseal(member.personal)):
                self._own[cell][member.unit] += 1

    def count_prospects(self, session: Session, tree: Tree) -> None:
        """Count those whom nobody has asked yet."""
        self._own[Cell("not_yet_asked")] = Counter(recruiting.not_yet_asked(session, tree))

    def shown(self, tree: Tree) -> Iterator[list[dict[str, Any]]]:
        """The rows of what may be shown, but for their run; those of one cell at a time."""
        for cell in list(self._own):
            if cell.segment in WHOLES:
                counts = small_cells.shown(tree, self._numbers(tree, cell))
                yield [{**cell._asdict(), "unit": unit, "count": counts[unit]} for unit in counts]

    def _numbers(self, tree: Tree, cell: Cell) -> Mapping[str, Numbers]:
        sums = [self._sum(tree, each) for each in (cell, *map(Cell, WHOLES[cell.segment]))]
        return {unit: tuple(each[unit] for each in sums) for unit in set().union(*sums)}

    def _sum(self, tree: Tree, cell: Cell) -> Counter[str]:
        found: Counter[str] = Counter()
        for unit, count in self._own[cell].items():
            for at in tree.path(unit):
                found[at] += count
        return found

    def _cells(self, member: MemberRow, personal: Mapping[str, Any]) -> Iterator[Cell]:
        traits = ["member", *self._traits(personal)]
        yield from map(Cell, traits)
        if self._is_recruit(member):
            yield from (Cell(f"{trait}_recruited") for trait in traits)
        yield from (Cell("interest", word) for word in member.interests)
        yield from (Cell("competence", word) for word in member.competences)

    def _traits(self, personal: Mapping[str, Any]) -> Iterator[str]:
        born, union = _birth_date(personal), personal["union"]
        if born is not None and days.age(born, self.today) < self._young_age:
            yield "young"
        if union is not None:
            yield "union_active"
            if union["official"]:
                yield "union_official"

    def _is_recruit(self, member: MemberRow) -> bool:
        # As the goal has it: whoever left in the year of coming back is no recruit.
        left_on = member.previous_left_on
        again = left_on is not None and left_on.year == member.joined_on.year
        return member.joined_on.year == self.today.year and not again


def some_members(session: Session, after: UUID, limit: int) -> Sequence[MemberRow]:
    """The next members by id, sealed as they are."""
    columns = (
        Member.id,
        Member.unit,
        Member.joined_on,
        Member.previous_left_on,
        Member.interests,
        Member.competences,
        Member.personal,
    )
    of_them = select(*columns).where(Member.status == "member", Member.id > after)
    return session.execute(of_them.order_by(Member.id).limit(limit)).all()


def keep(session: Session, run: int, rows: Sequence[dict[str, Any]]) -> None:
    """Store what a counting found; nobody reads it before the counting is finished."""
    if rows:
        session.execute(insert(SegmentCount), [{**row, "run": run} for row in rows])


def _birth_date(personal: Mapping[str, Any]) -> date | None:
    if personal["birth_date"] is not None:
        return date.fromisoformat(personal["birth_date"])
    number = personal["personal_number"]
    if number is None:
        return None
    day = int(number[6:8])
    try:
        # Of a coordination number the day is 60 more.
        return date(int(number[:4]), int(number[4:6]), day - 60 if day > 60 else day)
    except ValueError:
        return None
