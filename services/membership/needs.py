"""Which units need support: vacancies, silence, falling numbers. Reads only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.units import Node, Tree
from services.membership import vacancies
from services.membership.commitments import Commitment
from services.membership.members import Member, PastMembership
from services.membership.transfers import Transfer

FOLLOWED_UP = ("district", "branch", "association")
YEAR = timedelta(days=365)
SILENCE = timedelta(days=90)
"""Without a join or a commitment: a quarter, since a small branch has no join in most months."""

NEVER = cast(null(), Date)


@dataclass
class Signs:
    """What membership knows of one unit and all below it, on one day.

    `heard_on` is the last day of the past year with a join or a fulfilled commitment.
    """

    members: int = 0
    change: int = 0
    heard_on: date | None = None
    vacancies: list[str] = field(default_factory=list)

    @property
    def before(self) -> int:
        """The members a year ago."""
        return self.members - self.change

    def hear(self, day: date | None) -> None:
        """Something happened on `day`."""
        if day is not None and (self.heard_on is None or day > self.heard_on):
            self.heard_on = day

    def is_silent(self, today: date) -> bool:
        """Whether nothing was heard for a quarter."""
        return self.heard_on is None or self.heard_on < today - SILENCE

    def need(self, today: date) -> int:
        """How many things are wrong: each vacancy, silence, falling numbers."""
        return len(self.vacancies) + self.is_silent(today) + (self.change < 0)


def needs(session: Session, tree: Tree, unit: str, today: date) -> list[dict[str, Any]]:
    """The units one level below `unit` that are followed up, in the order of what they need.

    Those with the most wrong come first, of these the ones that lost the largest part of their
    members in a year. Raises Invalid for an unknown unit.
    """
    tree.check_known(unit)
    children = [node for code in tree.children(unit) if (node := tree.get(code)) and _counts(node)]
    signs = _signs(session, tree, [child.code for child in children], today)
    shown = [_shown(child, signs[child.code], today) for child in children]
    return sorted(shown, key=_first_the_neediest)


def _counts(node: Node) -> bool:
    return node.open and node.kind in FOLLOWED_UP


def _shown(child: Node, signs: Signs, today: date) -> dict[str, Any]:
    return {
        "unit": child.code,
        "name": child.name,
        "need": signs.need(today),
        "vacancies": signs.vacancies,
        "silent": signs.is_silent(today),
        "heard_on": signs.heard_on,
        "members": signs.members,
        "members_a_year_ago": signs.before,
    }


def _first_the_neediest(row: Mapping[str, Any]) -> tuple[int, float, str]:
    kept = row["members"] / row["members_a_year_ago"] if row["members_a_year_ago"] else 1.0
    return -row["need"], kept, row["unit"]


def _signs(session: Session, tree: Tree, children: list[str], today: date) -> dict[str, Signs]:
    found = {child: Signs() for child in children}
    above = {code: child for child in children for code in tree.subtree(child)}
    codes, since = list(above), today - YEAR
    for unit, members, change, joined_on in session.execute(_numbers(codes, since)):
        signs = found[above[unit]]
        signs.members += members
        signs.change += change
        signs.hear(joined_on)
    for unit, fulfilled_on in session.execute(_fulfilled(codes, since)):
        found[above[unit]].hear(fulfilled_on)
    for child, roles in vacancies.of(session, children).items():
        found[child].vacancies = roles
    return found


def _fulfilled(units: Collection[str], since: date) -> Select[str, date]:
    last = func.max(Commitment.fulfilled_on)
    within = Commitment.unit.in_(units), Commitment.fulfilled_on > since
    return select(Commitment.unit, last).where(*within).group_by(Commitment.unit)


def _numbers(units: Collection[str], since: date) -> CompoundSelect[Any]:
    """By unit: the members now, what one kind of fact has changed since, the last join.

    A year ago there were as many as now, without those who came since and with those who went:
    these the indexes by day find, while nobody keeps how many there were.
    """
    change = partial(_change, units, since)
    past, moved = PastMembership, Transfer
    now = select(Member.unit, func.count(), literal(0), NEVER)
    return union_all(
        now.where(Member.unit.in_(units), Member.status == "member").group_by(Member.unit),
        change(1, Member.joined_unit, Member.joined_on, func.max(Member.joined_on)),
        change(-1, Member.unit, Member.left_on).where(Member.status.in_(("left", "erased"))),
        change(1, past.unit, past.joined_on, func.max(past.joined_on)),
        change(-1, past.left_unit, past.left_on),
        change(1, moved.to_unit, moved.on),
        change(-1, moved.from_unit, moved.on),
    )


def _change(
    units: Collection[str],
    since: date,
    by: int,
    unit: InstrumentedAttribute[str],
    day: InstrumentedAttribute[Any],
    last: ColumnElement[Any] = NEVER,
) -> Select[Any]:
    source = unit.class_
    found = select(unit, literal(0), by * func.count(), last)
    if source is not Member:
        found = found.join_from(source, Member, Member.id == source.member_id)
    # Who was merged into another is counted there, and never came.
    within = unit.in_(units), day > since, Member.status != "merged"
    return found.where(*within).group_by(unit)
