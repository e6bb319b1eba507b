"""The organisation as each service knows it: its own copy of the unit tree.

Membership owns the tree; the others copy it from `unit_registered` and `unit_changed`. No service
asks another for a unit while it works.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import cast

from sqlalchemy import BigInteger, String, Table, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, locked
from infra.errors import Invalid
from infra.event import Event

KINDS = ("party", "district", "branch", "association", "club", "side_organisation")
ROOT = "SE"
CHANGED = "tree_changed"


class Unit(Base):
    """A unit as of its latest version; `valid_from` is the day of that version."""

    __tablename__ = "unit"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    parent: Mapped[str | None] = mapped_column(String(64), index=True)
    population: Mapped[int | None]
    open: Mapped[bool]
    version: Mapped[int]
    valid_from: Mapped[date]


class TreeVersion(Base):
    """Counts the changes of the tree, so that a stale copy in memory is noticed."""

    __tablename__ = "tree_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Node:
    """One unit of a tree in memory."""

    code: str
    name: str
    kind: str
    parent: str | None
    population: int | None
    open: bool
    valid_from: date


class Tree:
    """The units at one moment; never changes. Unknown codes are in no subtree."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.code: node for node in nodes}
        self._children: dict[str, list[str]] = defaultdict(list)
        for code, node in sorted(self._nodes.items()):
            if node.parent is not None:
                self._children[node.parent].append(code)
        self._paths: dict[str, tuple[str, ...]] = {}

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, code: str) -> Node | None:
        """The unit, if it is known."""
        return self._nodes.get(code)

    def path(self, code: str) -> tuple[str, ...]:
        """The unit and its ancestors, up to the root or to the first that is unknown."""
        if code not in self._paths:
            self._paths[code] = tuple(self._climb(code))
        return self._paths[code]

    def within(self, code: str, root: str) -> bool:
        """Whether `code` is `root` or below it."""
        return root in self.path(code)

    def children(self, code: str) -> list[str]:
        """The codes one level down, sorted."""
        return list(self._children.get(code, ()))

    def subtree(self, code: str) -> list[str]:
        """The unit's code and those of all below it."""
        found = [code]
        for child in self.children(code):
            found.extend(self.subtree(child))
        return found

    def _climb(self, code: str) -> list[str]:
        climbed: list[str] = []
        at: str | None = code
        # Copies of two moves may arrive in the wrong order, so a path may bite its tail a moment.
        while at is not None and at not in climbed:
            climbed.append(at)
            node = self._nodes.get(at)
            at = node.parent if node else None
        return climbed

    def check_known(self, code: str, field: str = "unit") -> Node:
        """The unit; Invalid, naming `field`, when it is unknown."""
        node = self._nodes.get(code)
        if node is None:
            raise Invalid("Unknown unit", {field: ["There is no such unit."]})
        return node

    def check_fact(self, code: str, day: date, field: str = "unit") -> None:
        """Invalid, naming `field`, unless a fact of `day` can happen in the unit."""
        node = self.check_known(code, field)
        if node.kind == "side_organisation":
            raise Invalid("Not here", {field: ["Nothing happens in a side organisation itself."]})
        if not node.open and day >= node.valid_from:
            raise Invalid("Closed unit", {field: ["The unit was closed by that day."]})


class Units:
    """The tree of one database, kept in memory and looked after once a second."""

    def __init__(self) -> None:
        self._tree = Tree(())
        self._version = -1
        self._looked = 0.0
        self._forgotten = 0

    def forget(self) -> None:
        """The tree has changed in this process: everyone looks from now on, until one has seen."""
        self._looked = 0.0
        self._forgotten += 1

    def tree(self, session: Session) -> Tree:
        """The tree; what another process has changed is seen within a second.

        In a transaction that changes it, it is as it is there.
        """
        if session.info.get(CHANGED):
            return load(session)
        now = time.monotonic()
        if now - self._looked <= 1.0:
            return self._tree
        forgotten = self._forgotten
        if self._looked:
            # The look now and then: one asks, the others go on by what is known.
            self._looked = now
        version = session.scalar(select(TreeVersion.version)) or 0
        tree = self._tree if version == self._version else load(session)
        if forgotten == self._forgotten:
            self._tree, self._version, self._looked = tree, version, now
        return tree


# On the table: each join asks this, and what the ORM adds costs more than the question.
EXACT_VERSION = select(cast("Table", TreeVersion.__table__).c.version).with_for_update(read=True)


def exact_version(session: Session) -> int:
    """The version of the tree, which no other transaction changes before this one's commit."""
    version: int = session.connection().scalars(EXACT_VERSION).one()
    return version


def load(session: Session) -> Tree:
    """The whole tree."""
    rows = session.execute(
        select(
            Unit.code,
            Unit.name,
            Unit.kind,
            Unit.parent,
            Unit.population,
            Unit.open,
            Unit.valid_from,
        )
    )
    return Tree(Node(*row) for row in rows)


def changed(session: Session) -> None:
    """Note that the tree changes in this transaction; other changes wait for its commit."""
    session.execute(update(TreeVersion).values(version=TreeVersion.version + 1))
    session.info[CHANGED] = True


def copy(session: Session, events: Iterable[Event]) -> list[tuple[Unit | None, Unit]]:
    """Take `unit_registered` and `unit_changed` over; an older version never undoes a newer.

    Answers what changed: the unit before (None for a new one) and after.
    """
    changed(session)
    changes: list[tuple[Unit | None, Unit]] = []
    for event in events:
        after = Unit(**event.data)
        before = session.scalars(locked(session, select(Unit).where(Unit.code == after.code)))
        known = before.one_or_none()
        if known is not None and known.version >= after.version:
            continue
        if known is not None:
            session.expunge(known)
        session.merge(after)
        session.flush()
        changes.append((known, after))
    return changes
