"""Tasks: what a unit of its own would have done, and for whom it may be something."""

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.creation import create_all
from infra.database import Base, insert_new
from infra.errors import Invalid
from infra.identity import new_id
from infra.units import Tree
from services.membership import carriers, vocabulary

GIVEN = ("unit", "title", "interests")


class LocalTask(Base):
    """A task that a unit made up; `interests` are those that it suits.

    Whoever has an open assignment with its id has it.
    """

    __tablename__ = "local_task"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(80))
    interests: Mapped[list[str]] = mapped_column(JSON)


def add(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[LocalTask, bool]:
    """Add a task; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none and for words that are not in the vocabulary,
    Conflict when the id is taken.
    """
    return create_all(
        [{**{name: request[name] for name in GIVEN}, "id": request["id"] or new_id()}],
        insert=lambda rows: _insert(session, tree, rows[0]),
        stored=lambda ids: _stored(session, ids),
        same=lambda there, row: all(getattr(there, name) == row[name] for name in GIVEN),
    )[0].answer()


def check_of_unit(session: Session, task_id: UUID, unit: str) -> None:
    """Invalid, naming `task_id`, unless it is a task of the unit."""
    task = session.get(LocalTask, task_id)
    if task is None or task.unit != unit:
        raise Invalid("Unknown task", {"task_id": ["The unit has no such task."]})


def _insert(session: Session, tree: Tree, row: dict[str, Any]) -> dict[UUID, LocalTask]:
    # Of a known id the request is compared alone: what it was checked against may have changed.
    if _stored(session, {row["id"]}):
        return {}
    vocabulary.check(session, row)
    carriers.check_place(tree, row["unit"])
    new = insert_new(session, LocalTask, [row])
    return _stored(session, new)


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, LocalTask]:
    query = select(LocalTask).where(LocalTask.id.in_(ids))
    return {task.id: task for task in session.scalars(query)}
