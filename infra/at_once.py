"""A row and the fact that tells of it, in one statement, while the tree is as it was last seen.

Of a small transaction the round trips cost most. With Database.at_once this is one of them, where
the same work step by step has five.
"""

from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, inspect, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Base
from infra.event import Fact
from infra.outbox import APPENDED, MOVED, OUTBOX, row_of
from infra.units import TreeVersion

TREE = cast("Table", TreeVersion.__table__)


def insert_and_tell(
    session: Session, model: type[Base], row: dict[str, Any], fact: Fact, tree_version: int
) -> bool:
    """Insert `row` and append `fact`, on PostgreSQL; False when neither was done.

    That is when something unique is like the row, or the tree is not of that version. Otherwise
    no other transaction changes the tree before the row is there for it to see.
    """
    told = {f"told_{name}": value for name, value in row_of(fact, clock.now()).items()}
    given = {**row, **told, "tree_version": tree_version}
    statement = _statement(model, tuple(row))
    done = session.connection().scalars(statement, given).one_or_none() is not None
    if done:
        session.info[APPENDED] = True
    return done


@cache
def _statement(model: type[Base], names: tuple[str, ...]) -> Any:
    table = cast("Table", inspect(model).local_table)
    values = [bindparam(name, type_=table.c[name].type) for name in names]
    of_tree = select(*values).where(TREE.c.version == bindparam("tree_version"))
    # Whoever waits here for a change of the tree finds the version that it has then.
    rows = postgresql.insert(table).from_select(names, of_tree.with_for_update(read=True))
    new = rows.on_conflict_do_nothing().returning(literal(1).label("one")).cte("new")
    told = [bindparam(f"told_{name}", type_=OUTBOX.c[name].type) for name in MOVED]
    appended = insert(OUTBOX).from_select(MOVED, select(*told).select_from(new))
    return appended.returning(OUTBOX.c.event_id)
