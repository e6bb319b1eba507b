"""The copy of the organisation that requests go by."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from infra import units
from infra.database import Database
from infra.units import Tree, Unit, Units

DAY = date(2026, 1, 1)


class Slow:
    """A session during whose first query another request comes in, as green threads do."""

    def __init__(self, session: Session, meanwhile: Any) -> None:
        self.info: dict[str, Any] = {}
        self._session = session
        self._meanwhile = meanwhile

    def scalar(self, query: Any) -> Any:
        """As Session.scalar."""
        self._meanwhile()
        return self._session.scalar(query)

    def execute(self, query: Any) -> Any:
        """As Session.execute."""
        return self._session.execute(query)


def add(database: Database, code: str, kind: str, parent: str | None) -> None:
    fields = {"kind": kind, "parent": parent, "population": None, "version": 1, "open": True}
    with database.writing() as session:
        units.changed(session)
        session.add(Unit(code=code, name=code, valid_from=DAY, **fields))


def look_while_looking(database: Database, known: Units) -> list[int]:
    """The size of the tree for a request, and for one that comes during its first query."""
    trees: list[Tree] = []
    with database.reading() as first, database.reading() as second:
        slow: Any = Slow(first, lambda: trees.append(known.tree(second)))
        trees.append(known.tree(slow))
    return [len(tree) for tree in trees]


def test_no_request_is_told_of_an_empty_organisation_during_the_first_look(
    database: Database,
) -> None:
    add(database, "SE", "party", None)
    assert look_while_looking(database, Units()) == [1, 1]


def test_no_request_goes_by_the_tree_from_before_a_change_in_its_own_process(
    database: Database,
) -> None:
    known = Units()
    add(database, "SE", "party", None)
    with database.reading() as session:
        known.tree(session)
    add(database, "skane", "district", "SE")
    known.forget()
    assert look_while_looking(database, known) == [2, 2]


def test_a_change_during_a_look_is_seen_by_the_next(database: Database) -> None:
    known = Units()
    add(database, "SE", "party", None)
    with database.reading() as session:
        slow: Any = Slow(session, known.forget)
        known.tree(slow)
    add(database, "skane", "district", "SE")
    with database.reading() as session:
        assert len(known.tree(session)) == 2
