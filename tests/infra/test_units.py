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


def test_a_request_that_comes_during_the_first_look_is_not_told_of_an_empty_organisation(
    database: Database,
) -> None:
    with database.writing() as session:
        units.changed(session)
        fields = {"kind": "party", "parent": None, "population": None, "version": 1}
        session.add(Unit(code="SE", name="Sverige", open=True, valid_from=DAY, **fields))
    known, trees = Units(), list[Tree]()
    with database.reading() as first, database.reading() as second:
        slow: Any = Slow(first, lambda: trees.append(known.tree(second)))
        trees.append(known.tree(slow))
    assert [len(tree) for tree in trees] == [1, 1]
